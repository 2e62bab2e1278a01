//! The lease: until when this node may act as the owner of its slots (DESIGN 6 "Self-fencing").

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Nothing begins, and open attempts are given up, this long before a lease ends.
const MARGIN: Duration = Duration::from_secs(1);
const ENDLESS: i64 = i64::MAX;
const ENDED: i64 = i64::MIN;

/// This node's lease. Asked before each request; one look at memory.
#[derive(Debug)]
pub(crate) struct Lease {
    base: Instant,
    /// Milliseconds after `base` until which it holds, the margin taken off.
    until_ms: AtomicI64,
    lapsed: AtomicBool,
    /// Wakes those who wait for that, in the order in which they came: a seeded run must repeat.
    lapses: Notify,
}

impl Lease {
    /// That of a store which nobody else uses.
    pub(crate) fn endless() -> Self {
        Self::until(ENDLESS)
    }

    /// One that is yet to begin.
    pub(crate) fn ended() -> Self {
        Self::until(ENDED)
    }

    fn until(until_ms: i64) -> Self {
        Self {
            base: Instant::now(),
            until_ms: AtomicI64::new(until_ms),
            lapsed: AtomicBool::new(until_ms == ENDED),
            lapses: Notify::new(),
        }
    }

    /// Whether an attempt may begin now. Looks at the time and not at a flag: the process may have been stopped.
    pub(crate) fn holds(&self) -> bool {
        match self.until_ms.load(Ordering::Acquire) {
            ENDLESS => true,
            until => self.base.elapsed().as_millis() < u128::try_from(until).unwrap_or(0),
        }
    }

    /// It was renewed; counted from before the renewal was sent. `true` if it had lapsed.
    pub(crate) fn renewed(&self, sent_at: Instant, length: Duration) -> bool {
        let until = (sent_at + length.saturating_sub(MARGIN)).saturating_duration_since(self.base);
        self.until_ms.store(i64::try_from(until.as_millis()).unwrap_or(ENDED), Ordering::Release);
        let holds = self.holds();
        self.lapsed.swap(!holds, Ordering::AcqRel) && holds
    }

    /// It ended, or may not be renewed in time: what is open is given up.
    pub(crate) fn lapse(&self) {
        self.lapsed.store(true, Ordering::Release);
        self.lapses.notify_waiters();
    }

    /// It is another's now.
    pub(crate) fn end(&self) {
        self.until_ms.store(ENDED, Ordering::Release);
        self.lapse();
    }

    /// When it stops holding; `None` where it never does, or does not hold.
    pub(crate) fn ends_at(&self) -> Option<Instant> {
        match self.until_ms.load(Ordering::Acquire) {
            ENDLESS | ENDED => None,
            until => Some(self.base + Duration::from_millis(u64::try_from(until).unwrap_or(0))),
        }
    }

    /// Waits until an open attempt must be given up; for ever where the lease is endless.
    pub(crate) async fn lost(&self) {
        loop {
            // Before the look: what happens in between is heard.
            let lapses = self.lapses.notified();
            if self.lapsed.load(Ordering::Acquire) {
                return;
            }
            lapses.await;
        }
    }

    /// Whether it can end at all.
    pub(crate) fn can_end(&self) -> bool {
        self.until_ms.load(Ordering::Acquire) != ENDLESS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_lease_holds_until_a_second_before_its_end_counted_from_before_it_was_renewed() {
        let lease = Lease::ended();
        assert!(!lease.holds());
        let sent_at = Instant::now();
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(lease.renewed(sent_at, Duration::from_secs(6)) && lease.holds());
        assert!(!lease.renewed(sent_at, Duration::from_secs(6)), "it had not lapsed");
        tokio::time::advance(Duration::from_millis(2_999)).await;
        assert!(lease.holds());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!lease.holds());
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_took_too_long_is_none() {
        let lease = Lease::ended();
        let sent_at = Instant::now();
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(!lease.renewed(sent_at, Duration::from_secs(6)) && !lease.holds());
        lease.lost().await;
    }

    #[tokio::test]
    async fn an_endless_lease_is_never_lost() {
        let lease = Lease::endless();
        assert!(lease.holds() && !lease.can_end() && lease.ends_at().is_none());
        assert!(tokio::time::timeout(Duration::from_millis(5), lease.lost()).await.is_err());
    }
}
