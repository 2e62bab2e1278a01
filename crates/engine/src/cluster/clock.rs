//! The clock of all nodes of a store: the store's own, so that what one node says is due another one finds due.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use postrider_model::time::Millis;

use crate::ports::Clock;

/// A machine's clock, corrected by what the store says.
#[derive(Debug)]
pub(crate) struct StoreClock {
    machine: Arc<dyn Clock>,
    ahead_ms: AtomicI64,
}

impl StoreClock {
    pub(crate) fn new(machine: Arc<dyn Clock>) -> Self {
        Self { machine, ahead_ms: AtomicI64::new(0) }
    }

    /// The store's clock is ahead of the machine's by so much. What a single look says is off by the time it took, so
    /// the correction follows slowly, and at once where they differ by more than that can be.
    pub(crate) fn correct(&self, ahead_ms: i64) {
        const TAKEN_AT_ONCE_MS: i64 = 250;
        let known = self.ahead_ms.load(Ordering::Relaxed);
        let off = ahead_ms - known;
        let step = if off.abs() > TAKEN_AT_ONCE_MS { off } else { off / 4 };
        self.ahead_ms.store(known + step, Ordering::Relaxed);
    }

    /// What the first look said.
    pub(crate) fn set(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
    }
}

impl Clock for StoreClock {
    fn now(&self) -> Millis {
        Millis(self.machine.now().0 + self.ahead_ms.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Still;
    impl Clock for Still {
        fn now(&self) -> Millis {
            Millis(1_000_000)
        }
    }

    #[test]
    fn it_follows_the_stores_clock_slowly_and_a_jump_of_it_at_once() {
        let clock = StoreClock::new(Arc::new(Still));
        clock.set(100);
        clock.correct(108);
        assert_eq!(clock.now(), Millis(1_000_102));
        clock.correct(-4_000);
        assert_eq!(clock.now(), Millis(996_000));
    }
}
