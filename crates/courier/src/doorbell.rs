//! A waker between a connection and whoever waits on it.
//!
//! hyper's connection and its request handle wake one another through channels, although here one task polls both.
//! Passed on, each such wake would cost the task another turn, and often another thread's. The doorbell swallows what
//! rings while its owner is polling (the owner looks once more before it sleeps) and, between requests, lets go of the
//! last owner, so that a pooled connection neither wakes nor keeps alive a task that is done with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::task::AtomicWaker;

/// Nobody is polling: a ring goes to the owner.
const QUIET: u8 = 0;
/// The owner is polling.
const POLLING: u8 = 1;
/// It rang while the owner was polling.
const RUNG: u8 = 2;
/// How often what rang is polled again before the owner takes another turn. A request needs two or three; what rings
/// without end, as tokio does when a task has used up its budget, has to give way to other tasks.
const MAX_ROUNDS: usize = 8;

#[derive(Default)]
struct Bell {
    owner: AtomicWaker,
    state: AtomicU8,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.compare_exchange(POLLING, RUNG, Ordering::AcqRel, Ordering::Acquire) == Err(QUIET) {
            self.owner.wake();
        }
    }
}

pub(crate) struct Doorbell {
    bell: Arc<Bell>,
    waker: Waker,
}

impl Doorbell {
    pub(crate) fn new() -> Self {
        let bell = Arc::new(Bell::default());
        Self { waker: Waker::from(bell.clone()), bell }
    }

    /// Calls `poll` until it is ready or nothing rang during it; from then on a ring wakes the task of `cx`. What
    /// rings again and again wakes it at once.
    pub(crate) fn poll<T>(
        &self,
        cx: &Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.bell.owner.register(cx.waker());
        let mut inner = Context::from_waker(&self.waker);
        for _ in 0..MAX_ROUNDS {
            self.bell.state.store(POLLING, Ordering::Release);
            let polled = poll(&mut inner);
            let rang = self.bell.state.swap(QUIET, Ordering::AcqRel) == RUNG;
            if polled.is_ready() || !rang {
                return polled;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Lets go of the last owner.
    pub(crate) fn rest(&self) {
        self.bell.owner.take();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Counted(AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_ring_during_polling_is_answered_by_polling_again_and_wakes_nobody() {
        let owner = Arc::new(Counted::default());
        let waker = Waker::from(owner.clone());
        let doorbell = Doorbell::new();
        let mut polls = 0;
        let polled: Poll<()> = doorbell.poll(&Context::from_waker(&waker), |cx| {
            polls += 1;
            if polls == 1 {
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        });
        assert!(polled.is_pending());
        assert_eq!((polls, owner.0.load(Ordering::SeqCst)), (2, 0));
    }

    #[test]
    fn what_rings_without_end_gives_way_to_other_tasks() {
        let owner = Arc::new(Counted::default());
        let waker = Waker::from(owner.clone());
        let polled: Poll<()> = Doorbell::new().poll(&Context::from_waker(&waker), |cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        assert!(polled.is_pending());
        assert_eq!(owner.0.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_ring_between_polls_wakes_the_owner_until_it_rests() {
        let owner = Arc::new(Counted::default());
        let waker = Waker::from(owner.clone());
        let doorbell = Doorbell::new();
        let mut inner = None;
        let _: Poll<()> = doorbell.poll(&Context::from_waker(&waker), |cx| {
            inner = Some(cx.waker().clone());
            Poll::Pending
        });
        let inner = inner.expect("it was polled");
        inner.wake_by_ref();
        assert_eq!(owner.0.load(Ordering::SeqCst), 1);
        let _: Poll<()> = doorbell.poll(&Context::from_waker(&waker), |_| Poll::Pending);
        doorbell.rest();
        inner.wake_by_ref();
        assert_eq!(owner.0.load(Ordering::SeqCst), 1);
    }
}
