//! Standing work beside the hot path, one file each (STYLE: each loop has its settings and its `run_once`).

pub(crate) mod fanout;
pub(crate) mod notice;
pub(crate) mod project_stats;
mod replay;
pub(crate) mod stats;
mod tidy;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use postrider_store::{Change, ChangeOutcome, StoreError};
use tokio::sync::oneshot;

use crate::core::Message;
use crate::shared::Shared;

/// Starts all loops.
pub(crate) fn start(shared: &Arc<Shared>) {
    shared.spawner.spawn(Box::pin(tidy::run(Arc::clone(shared))));
    shared.spawner.spawn(Box::pin(watch::run(Arc::clone(shared))));
    shared.spawner.spawn(Box::pin(stats::run(Arc::clone(shared))));
    shared.spawner.spawn(Box::pin(project_stats::run(Arc::clone(shared))));
    shared.spawner.spawn(Box::pin(replay::run(Arc::clone(shared))));
}

/// Has the core commit changes of single deliveries, together if it can.
pub(crate) async fn changes(shared: &Shared, changes: Vec<Change>) -> Vec<Result<ChangeOutcome, StoreError>> {
    let tell = |change| {
        let (reply, outcome) = oneshot::channel();
        shared.tell(Message::Change(change, reply));
        outcome
    };
    let waiting: Vec<_> = changes.into_iter().map(tell).collect();
    let mut outcomes = Vec::with_capacity(waiting.len());
    for outcome in waiting {
        let stopping = |_| Err(StoreError::Unavailable("the server is stopping".to_owned()));
        outcomes.push(outcome.await.unwrap_or_else(stopping));
    }
    outcomes
}

/// Has the core commit a change of one delivery.
pub(crate) async fn change(shared: &Shared, change: Change) -> Result<ChangeOutcome, StoreError> {
    let stopping = || Err(StoreError::Unavailable("the server is stopping".to_owned()));
    changes(shared, vec![change]).await.pop().unwrap_or_else(stopping)
}

/// Waits for `time`; `false` if the engine stops meanwhile.
pub(crate) async fn rest(shared: &Shared, time: Duration) -> bool {
    let mut stop = shared.stop.subscribe();
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => false,
        () = tokio::time::sleep(time) => true,
    }
}
