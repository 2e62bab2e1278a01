//! The product: posts events over keep-alive connections, as fast as they are taken or at a steady rate.

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
    /// Events answered 503: the commit queue was full.
    pub refused: u64,
    /// When the first was sent, in nanoseconds of [`epoch`].
    pub first_ns: u64,
}

impl Sent {
    /// Counts an answer; one that a load like this must not get is an error.
    fn count(&mut self, status: u16, healthy: u64) -> std::io::Result<()> {
        match status {
            202 => (self.accepted, self.healthy) = (self.accepted + 1, self.healthy + healthy),
            503 => self.refused += 1,
            other => return Err(std::io::Error::other(format!("an event was answered {other}"))),
        }
        Ok(())
    }
}

/// Drives the load to its end.
pub(crate) fn drive(load: &Load, key: &str) -> std::io::Result<Sent> {
    match load.per_second {
        None => saturate(load, key),
        Some(rate) => keep_rate(load, rate, key),
    }
}

/// A thread for each connection: the runtime's timers tick in milliseconds, and that is what is to be measured.
fn keep_rate(load: &Load, rate: f64, key: &str) -> std::io::Result<Sent> {
    let first_ns = epoch::nanos();
    let sent = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..load.connections).map(|index| scope.spawn(move || steady(load, rate, index, key))).collect();
        let mut sum = Sent { first_ns, ..Sent::default() };
        for thread in threads {
            let one = thread.join().map_err(|_| std::io::Error::other("a driver thread panicked"))??;
            sum.accepted += one.accepted;
            sum.healthy += one.healthy;
            sum.refused += one.refused;
        }
        Ok::<_, std::io::Error>(sum)
    })?;
    Ok(sent)
}

/// Sends every `connections`-th event of the steady rate, shifted by its index.
fn steady(load: &Load, rate: f64, index: usize, key: &str) -> std::io::Result<Sent> {
    let mut stream = std::net::TcpStream::connect(load.target)?;
    stream.set_nodelay(true)?;
    let mut events =
        Events::new(load.workload, load.seed.wrapping_mul(1_000_003).wrapping_add(index as u64 + 1), key);
    let (mut out, mut answer) = (Vec::new(), Vec::with_capacity(4096));
    let step = Duration::from_secs_f64(load.connections as f64 / rate);
    let start = Instant::now();
    let mut due = start + step.mul_f64(index as f64 / load.connections as f64);
    let mut sent = Sent::default();
    while due < start + load.time {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let due_ns = epoch::nanos().saturating_sub(u64::try_from(due.elapsed().as_nanos()).unwrap_or(0));
        due += step;
        let healthy_before = events.healthy;
        events.next(Some(due_ns), &mut out);
        stream.write_all(&out)?;
        let status = read_blocking(&mut stream, &mut answer)?;
        sent.count(status, events.healthy - healthy_before)?;
    }
    Ok(sent)
}

fn read_blocking(stream: &mut std::net::TcpStream, answer: &mut Vec<u8>) -> std::io::Result<u16> {
    let mut chunk = [0; 4096];
    answer.clear();
    loop {
        if let Some(message) = wire::message(answer) {
            return Ok(wire::status(message.first_line));
        }
        match stream.read(&mut chunk)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => answer.extend_from_slice(&chunk[..count]),
        }
    }
}

/// As fast as events are taken.
fn saturate(load: &Load, key: &str) -> std::io::Result<Sent> {
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
    while Instant::now() < end {
        let healthy_before = events.healthy;
        events.next(None, &mut out);
        stream.write_all(&out).await?;
        let status = read_answer(&mut stream, &mut answer).await?;
        sent.borrow_mut().count(status, events.healthy - healthy_before)?;
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
