//! What the courier counts about its connections.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counted since the courier was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CourierCounters {
    /// Connections opened.
    pub opened: u64,
    /// Requests sent on a connection that had carried one before.
    pub reused: u64,
    /// Requests sent anew because the idle connection they were given turned out to be closed.
    pub reopened: u64,
    /// Connections that are idle now.
    pub idle: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    opened: AtomicU64,
    reused: AtomicU64,
    reopened: AtomicU64,
}

impl Tally {
    pub(crate) fn opened(&self) {
        self.opened.fetch_add(1, Relaxed);
    }

    pub(crate) fn reused(&self) {
        self.reused.fetch_add(1, Relaxed);
    }

    pub(crate) fn reopened(&self) {
        self.reopened.fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self, idle: usize) -> CourierCounters {
        CourierCounters {
            opened: self.opened.load(Relaxed),
            reused: self.reused.load(Relaxed),
            reopened: self.reopened.load(Relaxed),
            idle: idle as u64,
        }
    }
}
