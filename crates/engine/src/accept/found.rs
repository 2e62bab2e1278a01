//! Deliveries that wait to be written after their events are bounded before they are found (DESIGN 2.1).

use std::sync::atomic::Ordering as Atomic;

use super::AcceptError;
use crate::shared::Shared;

/// A fan-out counts as this many deliveries more: what it takes in memory and in the store however small it is.
pub(crate) const FANOUT_WEIGHT: usize = 64;

/// What a request has found of deliveries that follow their events, until the core has counted it or it is over.
pub(crate) struct Found<'a> {
    shared: &'a Shared,
    count: usize,
}

impl<'a> Found<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { shared, count: 0 }
    }

    /// Counts those of one more event.
    ///
    /// # Errors
    /// Too many wait already. What the request itself has does not count, as it could never be accepted otherwise.
    pub(crate) fn add(&mut self, deliveries: usize) -> Result<(), AcceptError> {
        if deliveries == 0 {
            return Ok(());
        }
        let weight = deliveries + FANOUT_WEIGHT;
        let all = self.shared.gauges.fanout_matches.fetch_add(weight, Atomic::Relaxed);
        let others = all.saturating_sub(self.count);
        self.count += weight;
        if others <= self.shared.settings.fanout_matches {
            return Ok(());
        }
        self.shared.metrics.overloaded.inc();
        Err(AcceptError::Overloaded { retry_after_seconds: 1, detail: TOO_MANY.to_owned() })
    }
}

impl Drop for Found<'_> {
    fn drop(&mut self) {
        self.shared.gauges.fanout_matches.fetch_sub(self.count, Atomic::Relaxed);
    }
}

/// Why an event is not accepted that would have to wait with too many others.
pub(crate) const TOO_MANY: &str = "too many deliveries of events with many endpoints wait to be written";
