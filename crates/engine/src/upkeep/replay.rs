//! Replays: what is selected is reopened bit by bit, from rows that survive a restart (DESIGN 4.2, 4.4).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{EndpointKey, ReplayId};
use postrider_store::{Change, ChangeOutcome, Replay, ReplayProgress, ReplayStatus, Scope, StoreError};
use tokio::sync::oneshot;

use super::{changes, rest};
use crate::core::Message;
use crate::shared::Shared;

/// A replay reopens its share in steps of this length.
const STEP: Duration = Duration::from_millis(100);
/// The most it reopens in a step.
const STEP_MOST: usize = 256;
/// Running replays are looked for this often even when nobody rang.
const LOOK: Duration = Duration::from_secs(5);

/// The replays that have a task.
type Active = Arc<Mutex<BTreeSet<ReplayId>>>;

/// Gives each running replay a task of its own, so that none waits for another's endpoint.
pub(crate) async fn run(shared: Arc<Shared>) {
    let active = Active::default();
    loop {
        match shared.store.running_replays().await {
            Ok(running) => {
                for replay in running {
                    // Its endpoint's owner makes it.
                    if shared.cluster.owns(replay.selection.endpoint) && active.lock().insert(replay.id) {
                        shared.spawner.spawn(Box::pin(run_one(
                            Arc::clone(&shared),
                            Arc::clone(&active),
                            replay,
                        )));
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "running replays could not be read; they go on"),
        }
        let more = tokio::select! {
            biased;
            () = shared.replays.notified() => true,
            more = rest(&shared, LOOK) => more,
        };
        if !more {
            break;
        }
    }
}

async fn run_one(shared: Arc<Shared>, active: Active, replay: Replay) {
    // What it may still reopen, in fractions of a delivery: slow rates take several steps for one.
    let mut credit = 1.0;
    let mut trouble = Trouble::default();
    loop {
        credit = (credit + f64::from(replay.per_second) * STEP.as_secs_f64())
            .min(f64::from(replay.per_second).max(1.0));
        match step(&shared, &replay, &mut credit).await {
            Ok(ReplayStatus::Running) => trouble.over(),
            Ok(ReplayStatus::Done | ReplayStatus::Cancelled) => break,
            Err(error) => {
                if trouble.is_new(&error) {
                    tracing::warn!(%error, replay = %replay.id.0, "a replay was interrupted; it goes on");
                }
            }
        }
        if !rest(&shared, STEP).await || !shared.cluster.owns(replay.selection.endpoint) {
            break;
        }
    }
    active.lock().remove(&replay.id);
}

/// What stands in a replay's way: worth a line in the log when it comes and when it changes, not with every step.
#[derive(Debug, Default)]
struct Trouble(Option<String>);

impl Trouble {
    /// Whether the step before did not meet the same.
    fn is_new(&mut self, error: &StoreError) -> bool {
        let text = error.to_string();
        let new = self.0.as_ref() != Some(&text);
        self.0 = Some(text);
        new
    }

    /// A step was made.
    fn over(&mut self) {
        self.0 = None;
    }
}

/// Reopens as many as `credit` allows and writes how far it came, also where it was interrupted.
async fn step(shared: &Shared, replay: &Replay, credit: &mut f64) -> Result<ReplayStatus, StoreError> {
    let count = (credit.floor() as usize).min(STEP_MOST);
    let scope = Scope { project: replay.project, mode: replay.mode, tenant: Some(replay.tenant) };
    // It may have been cancelled, or erased with its tenant.
    let Some(replay) = shared.store.replay(scope, replay.id).await? else { return Ok(ReplayStatus::Done) };
    if count == 0 || replay.progress.status != ReplayStatus::Running {
        return Ok(replay.progress.status);
    }
    // What a sweep is about to hold belongs to the selection too.
    swept(shared, replay.selection.endpoint).await;
    let mut progress = replay.progress;
    let (events, next) = shared.store.select(&replay.selection, progress.cursor, count).await?;
    *credit -= events.len() as f64;
    let endpoint = replay.selection.endpoint;
    let due = shared.time.now();
    let reopened = events
        .iter()
        .map(|event| Change::Reopen {
            delivery: DeliveryKey { event: *event, endpoint },
            due,
            replay: Some(replay.id),
        })
        .collect();
    let (mut interrupted, mut over) = (None, false);
    for (event, outcome) in events.iter().zip(changes(shared, reopened).await) {
        match outcome {
            Ok(ChangeOutcome::Done { .. }) => progress.reopened += 1,
            // It was cancelled since the step began; the rest of the step is refused like this one.
            Ok(ChangeOutcome::ReplayOver) => {
                over = true;
                break;
            }
            Ok(_) => progress.skipped += 1,
            Err(error) => {
                interrupted = Some(error);
                break;
            }
        }
        progress.cursor = Some(*event);
    }
    if interrupted.is_none() && !over {
        match next {
            Some(cursor) => progress.cursor = Some(cursor),
            None => progress.status = ReplayStatus::Done,
        }
    }
    let progress = ReplayProgress { at: shared.clock.now(), ..progress };
    let status = shared.store.advance_replay(replay.id, progress).await?.progress.status;
    interrupted.map_or(Ok(status), Err)
}

/// Waits until no sweep of the endpoint goes on.
async fn swept(shared: &Shared, endpoint: EndpointKey) {
    let (reply, done) = oneshot::channel();
    shared.tell(Message::WhenSwept(endpoint, reply));
    // An error: the engine is stopping, and what comes next will say so.
    let _ = done.await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_goes_on_failing_is_worth_one_line_until_the_failure_changes_or_ends() {
        let (full, broken) = (StoreError::Full("disk".to_owned()), StoreError::Unavailable("io".to_owned()));
        let mut trouble = Trouble::default();
        let logged: Vec<_> =
            [&full, &full, &broken, &broken, &full].map(|error| trouble.is_new(error)).into();
        assert_eq!(logged, [true, false, true, false, true]);
        trouble.over();
        assert!(trouble.is_new(&full));
    }
}
