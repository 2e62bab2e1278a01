//! The customers' servers: one thread that counts, answers, and can hang or fail by path. Beside it a line of text asks
//! for the counts.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{COUNTS, Counts, Latencies};
use crate::{epoch, wire};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const ERROR: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 5\r\n\r\nerror";

/// What was received. One thread counts and tells.
#[derive(Debug)]
struct Tally {
    counts: Counts,
    latency_us: Histogram<u64>,
}

/// Serves until it is ended.
pub(crate) fn run() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    Ok(tasks.block_on(&runtime, listen())?)
}

async fn listen() -> std::io::Result<()> {
    let door = TcpListener::bind("127.0.0.1:0").await?;
    let desk = TcpListener::bind("127.0.0.1:0").await?;
    // Latencies in three digits; the histogram grows as it needs to.
    let latency_us = Histogram::new(3).map_err(std::io::Error::other)?;
    let tally = Rc::new(RefCell::new(Tally { counts: Counts::default(), latency_us }));
    let addresses = format!("{} {}", door.local_addr()?, desk.local_addr()?);
    let counted = Rc::clone(&tally);
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = desk.accept().await {
            tokio::task::spawn_local(tell(stream, Rc::clone(&counted)));
        }
    });
    crate::report::line(&format!("receiver ready on {addresses}"));
    loop {
        match door.accept().await {
            Ok((stream, _)) => {
                tokio::task::spawn_local(serve(stream, Rc::clone(&tally)));
            }
            // Out of descriptors: the connections there are go on.
            Err(_) => {
                tally.borrow_mut().counts.turned_away += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// Answers questions, a line each, with a line of JSON.
async fn tell(stream: TcpStream, tally: Rc<RefCell<Tally>>) {
    let _ = stream.set_nodelay(true);
    let (questions, mut answers) = stream.into_split();
    let mut questions = BufReader::new(questions).lines();
    while let Ok(Some(question)) = questions.next_line().await {
        let answer = match question.as_str() {
            COUNTS => serde_json::to_string(&tally.borrow().counts),
            _ => serde_json::to_string(&tally.borrow_mut().take_latencies()),
        };
        let Ok(answer) = answer else { return };
        if answers.write_all((answer + "\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn serve(mut stream: TcpStream, tally: Rc<RefCell<Tally>>) {
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
                ERROR
            } else {
                tally.borrow_mut().count(wire::sent_at(message.body));
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
    fn count(&mut self, sent_at: Option<u64>) {
        let now = epoch::nanos();
        self.counts.received += 1;
        self.counts.last_ns = now;
        if let Some(sent_at) = sent_at {
            let micros = now.saturating_sub(sent_at) / 1_000;
            // It grows as it needs to; what it could not hold would be centuries.
            let _ = self.latency_us.record(micros.max(1));
        }
    }

    /// Tells and forgets.
    fn take_latencies(&mut self) -> Latencies {
        let at = |quantile: f64| self.latency_us.value_at_quantile(quantile) as f64 / 1e3;
        let taken =
            Latencies { count: self.latency_us.len(), p50_ms: at(0.5), p99_ms: at(0.99), p999_ms: at(0.999) };
        self.latency_us.reset();
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_of_any_length_are_told() {
        let mut tally = Tally {
            counts: Counts::default(),
            latency_us: Histogram::new(3).expect("three digits are legal"),
        };
        for millis in 1..=1_000 {
            tally.count(Some(epoch::nanos().saturating_sub(millis * 1_000_000)));
        }
        let told = tally.take_latencies();
        assert_eq!((told.count, tally.counts.received), (1_000, 1_000));
        assert!(
            (499.0..=510.0).contains(&told.p50_ms) && (989.0..=1_000.0).contains(&told.p99_ms),
            "{told:?}"
        );
        assert_eq!(tally.take_latencies().count, 0);
    }
}
