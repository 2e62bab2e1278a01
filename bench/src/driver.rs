//! The product: posts events over keep-alive connections, as fast as they are taken or at a steady rate.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep_until;

use crate::workload::{Events, Workload};
use crate::{epoch, wire};

/// How a load is driven.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Where to.
    pub target: SocketAddr,
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// For how long.
    pub time: Duration,
    /// Events per second in all, latency counted from the due time; `None`: as fast as they are taken.
    pub per_second: Option<f64>,
    /// What is sent.
    pub workload: Workload,
    /// Makes runs differ.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Sent {
    /// Events answered 202.
    pub accepted: u64,
    /// Of them those whose endpoint answers 200.
    pub healthy: u64,
    /// Other answers.
    pub refused: u64,
    /// When the first was sent, in nanoseconds of [`epoch`].
    pub first_ns: u64,
}

/// Drives the load to its end.
pub(crate) fn drive(load: &Load, key: &str) -> std::io::Result<Sent> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    let sent = Rc::new(RefCell::new(Sent { first_ns: epoch::nanos(), ..Sent::default() }));
    let end = Instant::now() + load.time;
    tasks.block_on(&runtime, async {
        let connections: Vec<_> = (0..load.connections)
            .map(|index| {
                tokio::task::spawn_local(connection(*load, index, key.to_owned(), end, Rc::clone(&sent)))
            })
            .collect();
        for connection in connections {
            connection.await.map_err(std::io::Error::other)??;
        }
        Ok::<_, std::io::Error>(())
    })?;
    let sent = *sent.borrow();
    Ok(sent)
}

async fn connection(
    load: Load,
    index: usize,
    key: String,
    end: Instant,
    sent: Rc<RefCell<Sent>>,
) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(load.target).await?;
    stream.set_nodelay(true)?;
    let mut events =
        Events::new(load.workload, load.seed.wrapping_mul(1_000_003).wrapping_add(index as u64 + 1), &key);
    let (mut out, mut answer) = (Vec::new(), Vec::with_capacity(4096));
    // Each connection sends every `connections`-th event of the steady rate, shifted by its index.
    let step = load.per_second.map(|rate| Duration::from_secs_f64(load.connections as f64 / rate));
    let mut due = Instant::now()
        + step.map_or(Duration::ZERO, |step| step.mul_f64(index as f64 / load.connections as f64));
    while Instant::now() < end {
        let mut due_ns = None;
        if let Some(step) = step {
            sleep_until(due.into()).await;
            due_ns =
                Some(epoch::nanos().saturating_sub(u64::try_from(due.elapsed().as_nanos()).unwrap_or(0)));
            due += step;
        }
        let healthy_before = events.healthy;
        events.next(due_ns, &mut out);
        stream.write_all(&out).await?;
        let status = read_answer(&mut stream, &mut answer).await?;
        let mut sent = sent.borrow_mut();
        if status == 202 {
            sent.accepted += 1;
            sent.healthy += events.healthy - healthy_before;
        } else {
            sent.refused += 1;
        }
    }
    Ok(())
}

async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> std::io::Result<u16> {
    answer.clear();
    loop {
        if let Some(message) = wire::message(answer) {
            return Ok(wire::status(message.first_line));
        }
        if stream.read_buf(answer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
