//! Time, chance, tasks and the network of the servers that are counted: nothing in them waits or differs from run to run.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use postrider_courier::{BoxFuture, Outbound, Report, Transport};
use postrider_engine::ports::{Clock, Fatal, Rng, Spawner, Task};
use postrider_model::time::Millis;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::event;

/// Answer 200 to everything, at once.
#[derive(Debug, Default)]
pub(super) struct Receivers(AtomicUsize);

impl Receivers {
    /// How many requests they got.
    pub(super) fn received(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Transport for Receivers {
    fn send(&self, request: Outbound) -> BoxFuture<'static, Report> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let mut report = Report::answered(200, Duration::from_millis(3));
        report.excerpt = Bytes::from_static(b"ok");
        report.dialled = Some(SocketAddr::from(([192, 0, 2, 1], 443)));
        drop(request);
        Box::pin(std::future::ready(report))
    }
}

/// Goes on only where the runtime waits.
#[derive(Debug)]
pub(super) struct VirtualClock {
    began: Instant,
}

impl VirtualClock {
    /// Must be called inside the runtime whose time it tells.
    pub(super) fn new() -> Self {
        Self { began: Instant::now() }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Millis {
        event::NOW + self.began.elapsed()
    }
}

/// Bytes that are always the same.
#[derive(Debug, Default)]
pub(super) struct Counted(AtomicU64);

impl Rng for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = (self.0.fetch_add(1, Ordering::Relaxed) * 7) as u8;
        }
    }
}

/// Runs tasks.
#[derive(Debug, Default)]
pub(super) struct Tasks(Mutex<JoinSet<()>>);

impl Spawner for Tasks {
    fn spawn(&self, task: Task) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.spawn(task);
        // What ended is let go, as a server's task tracker does.
        while tasks.try_join_next().is_some() {}
    }
}

/// Keeps tasks and never runs them: what they would do is not counted.
#[derive(Default)]
pub(super) struct Asleep(Mutex<Vec<Task>>);

impl std::fmt::Debug for Asleep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asleep")
    }
}

impl Spawner for Asleep {
    fn spawn(&self, task: Task) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }
}

/// Ends the process with the reason.
#[derive(Debug)]
pub(super) struct Complain;

impl Fatal for Complain {
    fn die(&self, reason: &str) {
        crate::report::complain(&format!("the engine died: {reason}"));
        std::process::exit(70);
    }
}
