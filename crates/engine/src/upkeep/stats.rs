//! Statistics per endpoint and minute: counted in memory, written once a minute (DESIGN 5).

use std::sync::Arc;
use std::time::Duration;

use ahash::AHashMap;
use parking_lot::Mutex;
use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;
use postrider_store::{StatRow, StatSum, Store, StoreError};

use super::rest;
use crate::shared::Shared;

const EVERY: Duration = Duration::from_secs(60);

/// Counts not yet written.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    minutes: Mutex<AHashMap<(EndpointKey, i64), StatSum>>,
}

/// Rows of one write: about two milliseconds of the writer, which commits wait for.
const FLUSHED: usize = 256;

impl Stats {
    /// Counts an attempt.
    pub(crate) fn count(
        &self,
        endpoint: EndpointKey,
        at: Millis,
        success: bool,
        exhausted: bool,
        latency: Duration,
    ) {
        let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        let mut minutes = self.minutes.lock();
        let sum = minutes.entry((endpoint, at.0.div_euclid(60_000))).or_default();
        sum.succeeded += u64::from(success);
        sum.failed += u64::from(!success);
        sum.exhausted += u64::from(exhausted);
        sum.latency_ms = sum.latency_ms.saturating_add(latency_ms);
        sum.latency_max_ms = sum.latency_max_ms.max(latency_ms);
    }

    /// Counts a delivery that was given up without an attempt.
    pub(crate) fn given_up(&self, endpoint: EndpointKey, at: Millis) {
        self.minutes.lock().entry((endpoint, at.0.div_euclid(60_000))).or_default().exhausted += 1;
    }

    /// Writes what was counted; on an error it is kept and written next time.
    pub(crate) async fn flush(&self, store: &dyn Store) -> Result<(), StoreError> {
        let counted = std::mem::take(&mut *self.minutes.lock());
        if counted.is_empty() {
            return Ok(());
        }
        let mut rows: Vec<StatRow> =
            counted.into_iter().map(|((endpoint, minute), sum)| StatRow { endpoint, minute, sum }).collect();
        // The same portions on every run of a simulation, and neighbours in the table together.
        rows.sort_unstable_by_key(|row| (row.endpoint, row.minute));
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(FLUSHED));
            if let Err(error) = store.add_stats(rows.clone()).await {
                rows.extend(rest);
                self.put_back(rows);
                return Err(error);
            }
            rows = rest;
        }
        Ok(())
    }

    /// Adds what could not be written to what was counted meanwhile.
    fn put_back(&self, rows: Vec<StatRow>) {
        let mut minutes = self.minutes.lock();
        for StatRow { endpoint, minute, sum } in rows {
            let now = minutes.entry((endpoint, minute)).or_default();
            now.succeeded += sum.succeeded;
            now.failed += sum.failed;
            now.exhausted += sum.exhausted;
            now.latency_ms = now.latency_ms.saturating_add(sum.latency_ms);
            now.latency_max_ms = now.latency_max_ms.max(sum.latency_max_ms);
        }
    }
}

pub(crate) async fn run(shared: Arc<Shared>) {
    while rest(&shared, EVERY).await {
        if let Err(error) = shared.stats.flush(&*shared.store).await {
            tracing::warn!(%error, "statistics were not written; they are written next time");
        }
    }
}
