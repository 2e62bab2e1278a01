//! Replays: what is selected is reopened bit by bit, from rows that survive a restart (DESIGN 4.2, 4.4).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::ReplayId;
use postrider_store::{Change, ChangeOutcome, Replay, ReplayProgress, ReplayStatus, StoreError};

use super::{change, rest};
use crate::engine::Shared;

/// A replay reopens its share in steps of this length.
const STEP: Duration = Duration::from_millis(100);
/// Running replays are looked for this often even when nobody rang.
const LOOK: Duration = Duration::from_secs(5);

pub(crate) async fn run(shared: Arc<Shared>) {
    // What a replay may still reopen, in fractions of a delivery: slow rates take several steps for one.
    let mut credit: BTreeMap<ReplayId, f64> = BTreeMap::new();
    loop {
        let running = match shared.store.running_replays().await {
            Ok(running) => running,
            Err(error) => {
                tracing::warn!(%error, "running replays could not be read; they go on");
                Vec::new()
            }
        };
        credit.retain(|id, _| running.iter().any(|replay| replay.id == *id));
        for replay in &running {
            let credit = credit.entry(replay.id).or_insert(1.0);
            *credit = (*credit + f64::from(replay.per_second) * STEP.as_secs_f64())
                .min(f64::from(replay.per_second).max(1.0));
            if let Err(error) = run_once(&shared, replay, credit).await {
                tracing::warn!(%error, replay = %replay.id.0, "a replay was interrupted; it goes on");
            }
        }
        let more =
            if running.is_empty() { wait_for_replays(&shared).await } else { rest(&shared, STEP).await };
        if !more {
            break;
        }
    }
}

/// Reopens as many as `credit` allows and writes how far it came.
async fn run_once(shared: &Shared, replay: &Replay, credit: &mut f64) -> Result<(), StoreError> {
    let count = (*credit).floor() as usize;
    if count == 0 {
        return Ok(());
    }
    let mut progress = ReplayProgress { at: shared.clock.now(), ..replay.progress };
    let (events, next) = shared.store.select(&replay.selection, progress.cursor, count).await?;
    *credit -= events.len() as f64;
    for event in events {
        let delivery = DeliveryKey { event, endpoint: replay.selection.endpoint };
        match change(shared, Change::Reopen { delivery, due: shared.clock.now() }).await? {
            ChangeOutcome::Done { .. } => progress.reopened += 1,
            _ => progress.skipped += 1,
        }
        progress.cursor = Some(event);
    }
    match next {
        Some(cursor) => progress.cursor = Some(cursor),
        None => progress.status = ReplayStatus::Done,
    }
    progress.at = shared.clock.now();
    shared.store.advance_replay(replay.id, progress).await?;
    Ok(())
}

async fn wait_for_replays(shared: &Shared) -> bool {
    tokio::select! {
        biased;
        () = shared.replays.notified() => true,
        more = rest(shared, LOOK) => more,
    }
}
