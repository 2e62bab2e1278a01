//! List indexes: sorted runs of (endpoint, event) and (owner, event), built behind the hot path and merged by levels.
//!
//! A run is read and sorted on a reading connection, then written by the writer in small commits, in its order. Its
//! last commit makes it visible. Until then it is a loose one, as is one that was merged or has ended: what a stop
//! leaves of them is removed like any other.

mod build;
mod merge;
mod rows;

use postrider_model::time::Millis;
use postrider_store::StoreError;

use crate::store::SqliteStore;

pub(super) use build::lag;

/// What is remembered between two steps.
#[derive(Debug, Default)]
pub(super) struct Runs {
    build: build::Building,
    merge: merge::Merging,
    /// The run of which the last rows were removed; nothing else is looked for before.
    drop_at: Millis,
    turn: usize,
}

/// What a kind of work did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worked {
    Nothing,
    Some,
    /// It came to an end that may give the others something to do.
    Finished,
}

/// Does a bit of the run that is being written, of a merge, or of what is removed, in turns.
pub(super) async fn step(
    store: &SqliteStore,
    runs: &mut Runs,
    now: Millis,
    rows: usize,
) -> Result<bool, StoreError> {
    const KINDS: usize = 3;
    for _ in 0..KINDS {
        runs.turn = (runs.turn + 1) % KINDS;
        let worked = match runs.turn {
            0 => build::step(store, &mut runs.build, now, rows).await?,
            1 => merge::step(store, &mut runs.merge, now, rows).await?,
            _ => drop_some(store, runs, now, rows).await?,
        };
        match worked {
            Worked::Nothing => continue,
            Worked::Some => {}
            Worked::Finished => {
                (runs.merge.ask_at, runs.drop_at) = (now, now);
            }
        }
        return Ok(true);
    }
    Ok(false)
}

/// Removes some rows of a run that no list reads any more.
async fn drop_some(
    store: &SqliteStore,
    runs: &mut Runs,
    now: Millis,
    limit: usize,
) -> Result<Worked, StoreError> {
    if now < runs.drop_at {
        return Ok(Worked::Nothing);
    }
    let busy = [runs.build.number(), runs.merge.number()];
    let inputs = runs.merge.inputs();
    let found = store.read(move |conn| rows::unread(conn, busy, &inputs)).await?;
    let Some(run) = found else {
        runs.drop_at = now + rows::ASK_EVERY;
        return Ok(Worked::Nothing);
    };
    store.lazily(move |w| rows::remove(&w.conn, run, limit)).await?;
    Ok(Worked::Some)
}
