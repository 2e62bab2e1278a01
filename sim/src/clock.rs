//! Time: tokio's paused clock on a date, with jumps as a wall clock makes them.

use std::sync::atomic::{AtomicI64, Ordering};

use postrider_engine::ports::Clock;
use postrider_model::time::Millis;

/// The wall clock of one life of the process. It goes on from life to life.
#[derive(Debug)]
pub(crate) struct SimClock {
    start: tokio::time::Instant,
    /// True milliseconds since the simulation began, at the start of this life.
    born_ms: i64,
    /// What the wall clock is ahead of the truth, in milliseconds.
    offset_ms: AtomicI64,
}

/// The date on which every simulation begins.
const BEGINNING_MS: i64 = 1_800_000_000_000;

impl SimClock {
    /// Must be called inside the runtime whose time it tells.
    pub(crate) fn new(born_ms: i64, offset_ms: i64) -> Self {
        Self { start: tokio::time::Instant::now(), born_ms, offset_ms: AtomicI64::new(offset_ms) }
    }

    /// True milliseconds since the simulation began.
    pub(crate) fn true_ms(&self) -> i64 {
        self.born_ms + i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    pub(crate) fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn jump(&self, by_ms: i64) {
        self.offset_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Millis {
        Millis(BEGINNING_MS + self.true_ms() + self.offset_ms())
    }
}
