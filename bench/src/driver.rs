//! The product: posts events over keep-alive connections, as fast as they are taken or at a steady rate.

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::latency::Latency;
use crate::workload::{Events, Workload};
use crate::{epoch, wire};

/// How fast a load is driven.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Drive {
    /// As fast as events are taken.
    Saturate,
    /// At a steady rate, latency counted from the due time.
    Rate {
        /// Events per second over all connections.
        per_second: f64,
    },
    /// So many, each after the 202 of the one before it, on one connection.
    OneByOne {
        /// How many.
        events: u64,
    },
}

/// A load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load<'a> {
    /// Where to.
    pub target: SocketAddr,
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// For how long.
    pub time: Duration,
    /// Ends a steady rate earlier.
    pub stop: Option<&'a AtomicBool>,
    /// How fast.
    pub how: Drive,
    /// What is sent.
    pub workload: Workload,
    /// Makes runs differ.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Events answered 202.
    pub accepted: u64,
    /// Their deliveries.
    pub deliveries: u64,
    /// Of them those that are answered 200.
    pub healthy: u64,
    /// Events answered 503: the commit queue was full.
    pub refused: u64,
    /// When the first was sent, in nanoseconds of [`epoch`].
    pub first_ns: u64,
    /// From an event's due time to its 202.
    pub answers: Latency,
}

impl Sent {
    fn beginning() -> Self {
        let answers = Latency::new();
        Self { accepted: 0, deliveries: 0, healthy: 0, refused: 0, first_ns: epoch::nanos(), answers }
    }

    /// Counts an answer; one that a load like this must not get is an error.
    fn count(&mut self, status: u16, (healthy, all): (u64, u64), waited: Duration) -> std::io::Result<()> {
        match status {
            202 => {
                self.accepted += 1;
                self.deliveries += all;
                self.healthy += healthy;
                self.answers.record(waited);
            }
            503 => self.refused += 1,
            other => return Err(std::io::Error::other(format!("an event was answered {other}"))),
        }
        Ok(())
    }

    fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.deliveries += other.deliveries;
        self.healthy += other.healthy;
        self.refused += other.refused;
        self.answers.add(&other.answers);
    }
}

/// The next event's deliveries, from the sums before and after it was made.
fn of_the_next(before: (u64, u64), after: (u64, u64)) -> (u64, u64) {
    (after.0 - before.0, after.1 - before.1)
}

/// Drives the load to its end.
pub(crate) fn drive(load: &Load<'_>, key: &str) -> std::io::Result<Sent> {
    match load.how {
        Drive::Saturate => saturate(load, key),
        Drive::Rate { per_second } => keep_rate(load, per_second, key),
        Drive::OneByOne { events } => one_by_one(load, events, key),
    }
}

/// A 503 is tried again at once, and counts as part of that event's time.
fn one_by_one(load: &Load<'_>, count: u64, key: &str) -> std::io::Result<Sent> {
    let mut stream = std::net::TcpStream::connect(load.target)?;
    stream.set_nodelay(true)?;
    let mut events = Events::new(load.workload, load.seed.wrapping_mul(1_000_003).wrapping_add(1), key);
    let (mut out, mut answer) = (Vec::new(), Vec::with_capacity(4096));
    let mut sent = Sent::beginning();
    for _ in 0..count {
        let (before, asked) = (events.deliveries, Instant::now());
        events.next(None, &mut out);
        let deliveries = of_the_next(before, events.deliveries);
        let accepted = sent.accepted;
        while sent.accepted == accepted {
            stream.write_all(&out)?;
            let status = read_blocking(&mut stream, &mut answer)?;
            sent.count(status, deliveries, asked.elapsed())?;
        }
    }
    Ok(sent)
}

/// A thread for each connection: the runtime's timers tick in milliseconds, and that is what is to be measured.
fn keep_rate(load: &Load<'_>, rate: f64, key: &str) -> std::io::Result<Sent> {
    let mut sum = Sent::beginning();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..load.connections).map(|index| scope.spawn(move || steady(load, rate, index, key))).collect();
        for thread in threads {
            sum.add(&thread.join().map_err(|_| std::io::Error::other("a driver thread panicked"))??);
        }
        Ok::<_, std::io::Error>(())
    })?;
    Ok(sum)
}

/// Sends every `connections`-th event of the steady rate, shifted by its index.
fn steady(load: &Load<'_>, rate: f64, index: usize, key: &str) -> std::io::Result<Sent> {
    let mut stream = std::net::TcpStream::connect(load.target)?;
    stream.set_nodelay(true)?;
    let mut events =
        Events::new(load.workload, load.seed.wrapping_mul(1_000_003).wrapping_add(index as u64 + 1), key);
    let (mut out, mut answer) = (Vec::new(), Vec::with_capacity(4096));
    let step = Duration::from_secs_f64(load.connections as f64 / rate);
    let start = Instant::now();
    let mut due = start + step.mul_f64(index as f64 / load.connections as f64);
    let mut sent = Sent::beginning();
    let stopped = || load.stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
    while due < start + load.time && !stopped() {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let due_ns = epoch::nanos().saturating_sub(u64::try_from(due.elapsed().as_nanos()).unwrap_or(0));
        let before = events.deliveries;
        events.next(Some(due_ns), &mut out);
        stream.write_all(&out)?;
        let status = read_blocking(&mut stream, &mut answer)?;
        sent.count(status, of_the_next(before, events.deliveries), due.elapsed())?;
        due += step;
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
fn saturate(load: &Load<'_>, key: &str) -> std::io::Result<Sent> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    let sent = Rc::new(RefCell::new(Sent::beginning()));
    // Nothing stops it but its time.
    let load = Load { stop: None, ..*load };
    let end = Instant::now() + load.time;
    tasks.block_on(&runtime, async {
        let connections: Vec<_> = (0..load.connections)
            .map(|index| {
                tokio::task::spawn_local(connection(load, index, key.to_owned(), end, Rc::clone(&sent)))
            })
            .collect();
        for connection in connections {
            connection.await.map_err(std::io::Error::other)??;
        }
        Ok::<_, std::io::Error>(())
    })?;
    let sent = sent.borrow().clone();
    Ok(sent)
}

async fn connection(
    load: Load<'static>,
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
        let (before, asked) = (events.deliveries, Instant::now());
        events.next(None, &mut out);
        stream.write_all(&out).await?;
        let status = read_answer(&mut stream, &mut answer).await?;
        let deliveries = of_the_next(before, events.deliveries);
        sent.borrow_mut().count(status, deliveries, asked.elapsed())?;
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
