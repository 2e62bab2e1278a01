//! The customers' servers: one thread that counts, answers, and can hang or fail by path.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{epoch, wire};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const ERROR: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 5\r\n\r\nerror";

/// What was received.
#[derive(Debug)]
pub(crate) struct Tally {
    received: AtomicU64,
    failed: AtomicU64,
    last_ns: AtomicU64,
    latency_us: std::sync::Mutex<Histogram<u64>>,
}

impl Tally {
    /// Requests answered 200.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// When the last of them came, in nanoseconds of [`epoch`].
    pub(crate) fn last_ns(&self) -> u64 {
        self.last_ns.load(Ordering::Relaxed)
    }

    /// The latencies since the last call, in microseconds.
    pub(crate) fn take_latencies(&self) -> Histogram<u64> {
        let mut latency = self.latency_us.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let taken = latency.clone();
        latency.reset();
        taken
    }
}

/// Latencies in three digits; the histogram grows as it needs to.
pub(crate) fn latencies() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are legal")
}

/// Starts the receiver on a thread of its own; it ends with the process.
pub(crate) fn start() -> std::io::Result<(SocketAddr, Arc<Tally>)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let tally = Arc::new(Tally {
        received: AtomicU64::new(0),
        failed: AtomicU64::new(0),
        last_ns: AtomicU64::new(0),
        latency_us: std::sync::Mutex::new(latencies()),
    });
    let counted = Arc::clone(&tally);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("receiver".to_owned()).spawn(move || {
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&runtime, accept(listener, counted));
    })?;
    Ok((address, tally))
}

async fn accept(listener: std::net::TcpListener, tally: Arc<Tally>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::task::spawn_local(serve(stream, Arc::clone(&tally)));
            }
            // Out of descriptors: the connections there are go on.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(mut stream: TcpStream, tally: Arc<Tally>) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::with_capacity(4096);
    loop {
        if !matches!(stream.read_buf(&mut buffer).await, Ok(count) if count > 0) {
            return;
        }
        while let Some(message) = wire::message(&buffer) {
            let (len, path) = (message.len, message.first_line);
            let answer = if path.starts_with(b"POST /hang") {
                // Longer than any deadline: the sender gives up, not we.
                tokio::time::sleep(Duration::from_secs(600)).await;
                return;
            } else if path.starts_with(b"POST /fail") {
                tally.failed.fetch_add(1, Ordering::Relaxed);
                ERROR
            } else {
                tally.count(wire::sent_at(message.body));
                OK
            };
            if stream.write_all(answer).await.is_err() {
                return;
            }
            buffer.drain(..len);
        }
    }
}

impl Tally {
    fn count(&self, sent_at: Option<u64>) {
        let now = epoch::nanos();
        self.received.fetch_add(1, Ordering::Relaxed);
        self.last_ns.store(now, Ordering::Relaxed);
        if let Some(sent_at) = sent_at {
            let micros = now.saturating_sub(sent_at) / 1_000;
            let mut latency = self.latency_us.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            latency.saturating_record(micros.max(1));
        }
    }
}
