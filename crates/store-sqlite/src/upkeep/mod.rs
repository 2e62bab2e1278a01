//! Standing work in small steps. Each kind is one file with a `step` that does at most so many rows and says whether
//! more is waiting; rows stand for time, so that equal calls have equal effects in the simulation.

mod backup;
pub(crate) mod erasure;
mod expire;
mod facts;
mod forget;
mod hours;
mod merge;
mod retention;
mod runs;
mod sweep;
mod thin;

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use postrider_model::time::Millis;
use postrider_store::{Stepped, StoreError, StoreFacts, Sweep, Swept, Upkeep};

use crate::store::SqliteStore;

pub(crate) use merge::merge_keys;

/// Microseconds that a row of upkeep takes the writer, about.
const ROW_US: u128 = 4;

/// What standing work remembers between its steps.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    runs: runs::Runs,
    merge: merge::Merge,
    thinned_at: Millis,
    hours_at: Millis,
    turn: usize,
}

#[async_trait]
impl Upkeep for SqliteStore {
    async fn step(&self, now: Millis, budget: Duration) -> Result<Stepped, StoreError> {
        let rows = usize::try_from(budget.as_micros() / ROW_US).unwrap_or(usize::MAX).clamp(16, 100_000);
        // Taken out while it is worked with: a second caller finds nothing to do.
        let Some(mut standing) = self.standing.lock().take() else { return Ok(Stepped::default()) };
        let outcome = self.step_of(&mut standing, now, rows).await;
        *self.standing.lock() = Some(standing);
        outcome.map(|stepped| Stepped { behind: facts::retention_lag(self), ..stepped })
    }

    async fn sweep(&self, sweep: Sweep, limit: usize) -> Result<Swept, StoreError> {
        sweep::sweep(self, sweep, limit).await
    }

    async fn facts(&self) -> Result<StoreFacts, StoreError> {
        facts::facts(self).await
    }

    async fn backup(&self, target: &Path) -> Result<u64, StoreError> {
        backup::backup(self, target.to_owned()).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.shut().await
    }
}

impl SqliteStore {
    /// One kind of work a step, in turns, so that none starves another.
    async fn step_of(
        &self,
        standing: &mut Standing,
        now: Millis,
        rows: usize,
    ) -> Result<Stepped, StoreError> {
        const KINDS: usize = 7;
        for _ in 0..KINDS {
            standing.turn = (standing.turn + 1) % KINDS;
            let worked = match standing.turn {
                // Rows of a run go to the end of their table: three in the time of one.
                0 => runs::step(self, &mut standing.runs, now, rows * 3).await?,
                1 => merge::step(self, &mut standing.merge, now, rows).await?,
                2 => self.lazily(move |w| forget::step(&w.conn, now, rows)).await?,
                3 => {
                    let limit = self.max_store_bytes;
                    let stepped = self.lazily(move |w| retention::step(w, now, rows, limit)).await?;
                    let behind = u64::try_from(stepped.behind.as_millis()).unwrap_or(u64::MAX);
                    self.retention_lag_ms.store(behind, Ordering::Relaxed);
                    if stepped.more || !stepped.released.is_empty() {
                        return Ok(stepped);
                    }
                    false
                }
                4 => self.lazily(move |w| w.overwriting(|| erasure::step(w, rows))?).await?,
                5 => hours::step(self, &mut standing.hours_at, now, rows).await?,
                _ => thin::step(self, &mut standing.thinned_at, now, rows).await?,
            };
            if worked {
                return Ok(Stepped { more: true, ..Stepped::default() });
            }
        }
        Ok(Stepped::default())
    }
}
