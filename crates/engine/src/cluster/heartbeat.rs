//! Renewing the lease, and seeing who else is there.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use postrider_store::StoreError;
use tokio::time::Instant;

use crate::core::Message;
use crate::shared::Shared;

/// A beat that takes longer than this is not waited for.
const PATIENCE: Duration = Duration::from_secs(4);
/// After a beat that failed.
const AGAIN: Duration = Duration::from_millis(250);

/// Until the engine has stopped, which is later than it is told to stop: what it still settles needs the lease.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut stopped = shared.stopped.subscribe();
    loop {
        let pause = if run_once(&shared).await { shared.settings.node.beat } else { AGAIN };
        let next = Instant::now() + pause;
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = shared.cluster.beat_now.notified() => {}
            () = tokio::time::sleep_until(next) => {}
            () = lapses(&shared) => {}
        }
        if !shared.cluster.lease.holds() {
            shared.cluster.lease.lapse();
        }
    }
}

/// Whether the lease was renewed, or it is known that it cannot be.
async fn run_once(shared: &Arc<Shared>) -> bool {
    let cluster = &shared.cluster;
    if *cluster.fenced.borrow() {
        return true;
    }
    let sent_at = Instant::now();
    let outcome = tokio::select! {
        biased;
        outcome = tokio::time::timeout(PATIENCE, shared.store.beat(shared.beat())) => outcome,
        () = lapses(shared) => {
            cluster.lease.lapse();
            return false;
        }
    };
    match outcome {
        Ok(Ok(view)) => {
            note_clock(shared, view.clock_ahead_ms);
            if cluster.lease.renewed(sent_at, shared.settings.node.lease) {
                shared.tell(Message::LeaseRenewed);
            }
            cluster.view.send_replace(Some(Arc::new(view)));
            true
        }
        Ok(Err(StoreError::Fenced)) => {
            fenced(shared);
            true
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "the lease could not be renewed; trying again");
            false
        }
        Err(_) => {
            tracing::warn!("the store does not answer; the lease could not be renewed");
            false
        }
    }
}

/// This node was taken for dead: nothing of what it owned is its own any more.
pub(crate) fn fenced(shared: &Shared) {
    if *shared.cluster.fenced.borrow() {
        return;
    }
    tracing::error!("this node's lease ended and others took over; it joins again");
    shared.cluster.lease.end();
    shared.cluster.fenced.send_replace(true);
}

/// When a lease that holds ends; never where none does.
async fn lapses(shared: &Shared) {
    match shared.cluster.lease.ends_at() {
        Some(at) if at > Instant::now() => tokio::time::sleep_until(at).await,
        _ => std::future::pending().await,
    }
}

fn note_clock(shared: &Shared, ahead_ms: i64) {
    if let Some(clock) = &shared.store_clock {
        clock.correct(ahead_ms);
    }
    let off = ahead_ms.unsigned_abs() > super::MOST_CLOCK_MS;
    let was = shared.cluster.clock_off_ms.swap(if off { ahead_ms } else { 0 }, Ordering::Relaxed) != 0;
    if off && !was {
        tracing::error!(ahead_ms, "this machine's clock is too far off the store's: accepting stops");
    } else if was && !off {
        tracing::info!("this machine's clock is right again: accepting goes on");
    }
}
