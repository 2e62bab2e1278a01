//! The customers' servers, as each node reaches them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use postrider_courier::{BoxFuture, Failure, Outbound, Report, Stage, Transport};

use super::books::{Books, Name};
use crate::clock::SimClock;
use crate::kernel::Kernel;
use crate::prng::Prng;

/// The network of one node.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) node: usize,
    pub(super) books: Arc<Mutex<Books>>,
    pub(super) clock: Arc<SimClock>,
    pub(super) kernel: Arc<Kernel>,
    pub(super) prng: Mutex<Prng>,
    /// How often a receiver fails.
    pub(super) trouble: f64,
    pub(super) healed: Arc<AtomicBool>,
}

/// Ends an attempt in the books, also where nobody waits for its end any more.
struct Attempt {
    books: Arc<Mutex<Books>>,
    clock: Arc<SimClock>,
    number: u64,
    success: bool,
}

impl Attempt {
    fn received(&mut self, success: bool) {
        self.success = success;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.books.lock().end(self.clock.true_ms(), self.number, self.success);
    }
}

impl Transport for Network {
    fn send(&self, request: Outbound) -> BoxFuture<'static, Report> {
        let number = {
            let mut books = self.books.lock();
            let number = match name(&request.body) {
                Some(name) => books.begin(self.clock.true_ms(), self.node, request.endpoint, name),
                None => {
                    books
                        .violate("a request carries what was posted", String::from_utf8_lossy(&request.body));
                    0
                }
            };
            if books.violation.is_some() {
                self.kernel.die();
            }
            number
        };
        let (status, latency) = self.answer(request.timeout);
        let mut attempt = Attempt {
            books: Arc::clone(&self.books),
            clock: Arc::clone(&self.clock),
            number,
            success: false,
        };
        Box::pin(async move {
            tokio::time::sleep(latency).await;
            attempt.received(status == Some(200));
            match status {
                Some(status) => Report::answered(status, latency),
                None => Report::failed(Failure::Timeout(Stage::Response), latency),
            }
        })
    }
}

impl Network {
    fn answer(&self, timeout: Duration) -> (Option<u16>, Duration) {
        let mut prng = self.prng.lock();
        let quick = Duration::from_millis(prng.below(40));
        if self.healed.load(Ordering::Relaxed) || !prng.chance(self.trouble) {
            return (Some(200), quick);
        }
        match prng.below(4) {
            0 => (None, timeout),
            1 => (Some(200), timeout.mul_f64(prng.below(95) as f64 / 100.0)),
            _ => (Some(500), quick),
        }
    }
}

/// The event in a body.
fn name(body: &[u8]) -> Option<Name> {
    let tree: serde_json::Value = serde_json::from_slice(body).ok()?;
    let number = |field: &str| tree.pointer(&format!("/data/{field}"))?.as_u64();
    Some(Name { tenant: number("tenant")?, key: number("key")?, n: number("n")? })
}
