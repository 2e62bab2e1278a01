//! Standing work in small steps. Each kind is one file with a `step` that says whether more is waiting. One node does it
//! at a time: every step is a transaction under an advisory lock, and who does not get it has nothing to do.

pub(crate) mod erasure;
mod expire;
mod facts;
mod forget;
mod hours;
mod partitions;
mod release;
mod retention;
mod standing;
mod sweep;
mod thin;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use postrider_model::time::Millis;
use postrider_store::{Stepped, StoreError, StoreFacts, Sweep, Swept, Upkeep};
use tokio_postgres::types::Type;

use crate::conn::Tx;
use crate::fault::Res;
use crate::store::PostgresStore;

pub(crate) use standing::Standing;
use standing::{Kind, Work};

/// "upkeep" in ASCII: the advisory lock of whoever does standing work.
const LOCK: i64 = 0x7570_6b65_6570;
/// Microseconds that a row of upkeep takes the server, about.
const ROW_US: u128 = 4;

#[async_trait]
impl Upkeep for PostgresStore {
    async fn step(&self, now: Millis, budget: Duration) -> Result<Stepped, StoreError> {
        self.standing.saw(now);
        let rows = usize::try_from(budget.as_micros() / ROW_US).unwrap_or(usize::MAX).clamp(16, 100_000);
        // A second caller finds nothing to do.
        let Ok(mut work) = self.standing.work.try_lock() else { return Ok(Stepped::default()) };
        let stepped = self.step_of(&mut work, now, rows).await?;
        Ok(Stepped { behind: self.standing.behind(), ..stepped })
    }

    async fn sweep(&self, sweep: Sweep, limit: usize) -> Result<Swept, StoreError> {
        sweep::sweep(self, sweep, limit).await
    }

    async fn facts(&self) -> Result<StoreFacts, StoreError> {
        Ok(facts::facts(self).await?)
    }

    async fn backup(&self, _target: &Path) -> Result<u64, StoreError> {
        Err(StoreError::Unsupported("a backup; use pg_dump or a base backup of the server"))
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.shut();
        Ok(())
    }
}

impl PostgresStore {
    /// One kind of work a step, in turns, so that none starves another.
    async fn step_of(&self, work: &mut Work, now: Millis, rows: usize) -> Result<Stepped, StoreError> {
        for _ in 0..Kind::ALL.len() {
            let kind = work.next();
            if !work.is_due(kind, now) {
                continue;
            }
            let stepped = match kind {
                Kind::Partitions => partitions::step(self, now).await?,
                Kind::Retention => retention::step(self, work, now, rows).await?,
                Kind::Erasure => erasure::step(self, rows).await?,
                Kind::Forget => forget::step(self, now, rows).await?,
                Kind::Thin => thin::step(self, work, now).await?,
                Kind::Hours => hours::step(self, work, now, rows).await?,
            };
            if stepped.more || !stepped.released.is_empty() {
                return Ok(Stepped { more: true, ..stepped });
            }
            work.done(kind, now);
        }
        Ok(Stepped::default())
    }

    /// A transaction in which no other node does standing work; `None` while one does.
    async fn keeping(&self) -> Res<Option<Tx>> {
        let tx = self.begin().await?;
        let row = tx.query_one("SELECT pg_try_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)]).await?;
        Ok(row.try_get::<_, bool>(0)?.then_some(tx))
    }
}

/// A step after which more may wait.
fn worked(more: bool) -> Stepped {
    Stepped { more, ..Stepped::default() }
}
