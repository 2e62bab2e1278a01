//! The customers' servers: a program of its own, one for each sender under test, for each holds a connection to every
//! endpoint and a process has only so many descriptors.

mod answer;
mod http1;
mod http2;
mod ramp;
mod server;
mod tls;

use std::io::{BufRead as _, BufReader, Error, Result, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::latency::Latency;
use crate::process::Server;

pub(crate) use ramp::{Ramp, STEPS};
pub(crate) use server::{Options, run};

/// The questions.
const COUNTS: &str = "counts";
const LATENCIES: &str = "latencies";
const RAMPS: &str = "ramps";
const DOWN: &str = "down";
const UP: &str = "up";

/// What was received since the start.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Requests answered 200.
    pub received: u64,
    /// Of them those that carry the time they were due: not a backlog.
    pub timed: u64,
    /// When the last of them came, in nanoseconds of [`crate::epoch`].
    pub last_ns: u64,
    /// Times a connection could not be taken, for want of file descriptors.
    pub turned_away: u64,
    /// Connections taken.
    pub connections: u64,
}

/// A receiver that runs.
#[derive(Debug)]
pub(crate) struct Receiver {
    /// Where deliveries go.
    pub address: SocketAddr,
    desk: Mutex<BufReader<TcpStream>>,
    process: Server,
}

impl Receiver {
    /// Starts one, with arguments of its own ([`Options`]).
    pub(crate) fn start(arguments: &[String]) -> Result<Self> {
        let arguments: Vec<String> = std::iter::once("receiver".into()).chain(arguments.to_vec()).collect();
        let (process, ready) = Server::start_told(&std::env::current_exe()?, &arguments, &[])?;
        let mut addresses = ready.rsplit(' ').map(str::parse::<SocketAddr>);
        let (Some(Ok(desk)), Some(Ok(address))) = (addresses.next(), addresses.next()) else {
            return Err(Error::other(format!("the receiver said {ready:?}")));
        };
        let desk = TcpStream::connect(desk)?;
        desk.set_nodelay(true)?;
        desk.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { address, desk: Mutex::new(BufReader::new(desk)), process })
    }

    /// What was received so far.
    pub(crate) fn counts(&self) -> Result<Counts> {
        self.ask(COUNTS)
    }

    /// The latencies since the last call.
    pub(crate) fn take_latencies(&self) -> Result<Latency> {
        let buckets: Vec<(u64, u64)> = self.ask(LATENCIES)?;
        Ok(Latency::from_buckets(&buckets))
    }

    /// How requests came to each numbered endpoint since it was up.
    pub(crate) fn ramps(&self) -> Result<Vec<Ramp>> {
        self.ask(RAMPS)
    }

    /// From now on every request is answered 503 at once, or no more.
    pub(crate) fn set_down(&self, down: bool) -> Result<()> {
        self.ask(if down { DOWN } else { UP })
    }

    /// Waits until `count` more than `before` are received; how many are missing after `patience`.
    pub(crate) fn wait_for(&self, before: Counts, count: u64, patience: Duration) -> Result<u64> {
        let end = Instant::now() + patience;
        loop {
            let missing = count.saturating_sub(self.counts()?.received - before.received);
            if missing == 0 || Instant::now() > end {
                return Ok(missing);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The same, and fewer are an error.
    pub(crate) fn wait_for_all(&self, before: Counts, count: u64, patience: Duration) -> Result<()> {
        let missing = self.wait_for(before, count, patience)?;
        if missing == 0 {
            return Ok(());
        }
        let (turned_away, seconds) = (self.counts()?.turned_away, patience.as_secs());
        Err(Error::other(format!(
            "{missing} of {count} were not received within {seconds} s; the receiver turned {turned_away} connections away"
        )))
    }

    /// File descriptors its process has open.
    pub(crate) fn descriptors(&self) -> u64 {
        self.process.descriptors()
    }

    fn ask<T: DeserializeOwned>(&self, question: &str) -> Result<T> {
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.get_mut().write_all(format!("{question}\n").as_bytes())?;
        let mut answer = String::new();
        if desk.read_line(&mut answer)? == 0 {
            return Err(Error::other("the receiver has ended"));
        }
        serde_json::from_str(&answer).map_err(|_| Error::other(format!("the receiver said {answer:?}")))
    }
}
