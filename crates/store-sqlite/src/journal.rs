//! The engine's commits.

use async_trait::async_trait;
use postrider_store::{Batch, Committed, Journal, StoreError};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::fault::Res;
use crate::store::SqliteStore;
use crate::writer::hot::Hot;
use crate::writer::{Writer, append, change, fanout, health, mark, settle};

/// How often the low-water mark is written at most: a recovery scan of half a second's deliveries is short.
const LOW_WATER_EVERY: Duration = Duration::from_millis(500);

#[async_trait]
impl Journal for SqliteStore {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let timed = self.has_threads();
        let deliveries = deliveries(&batch);
        let committed = self
            .write(move |w| {
                let started = timed.then(Instant::now);
                let mut committed = w.transaction(|| apply(w, &batch))?;
                committed.commit_us = started
                    .map_or(0, |started| u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX));
                Ok(committed)
            })
            .await?;
        // Stale and repeated appends are counted too: it is a hint for upkeep.
        let _ = self.unlisted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            Some(count.saturating_add(deliveries))
        });
        Ok(committed)
    }
}

/// How many rows the batch adds to lists, about.
fn deliveries(batch: &Batch) -> u64 {
    let events = batch.appends.iter().flat_map(|append| &append.events);
    let appended: usize = events.map(|event| event.deliveries.len().max(1)).sum();
    let chunks: usize = batch.fanouts.iter().map(|chunk| chunk.deliveries.len()).sum();
    (appended + chunks) as u64
}

/// Writes a batch; to be called in a transaction.
pub(crate) fn apply(w: &Writer, batch: &Batch) -> Res<Committed> {
    let mut hot = Hot::new(&w.conn)?;
    let now = batch.now;
    let appends = batch.appends.iter().map(|append| append::append(w, &mut hot, now, append));
    let appends = appends.collect::<Res<Vec<_>>>()?;
    for chunk in &batch.fanouts {
        fanout::write(w, &mut hot, chunk)?;
    }
    let settles = batch.settles.iter().map(|settle| settle::settle(w, &mut hot, now, settle));
    let settles = settles.collect::<Res<Vec<_>>>()?;
    let changes =
        batch.changes.iter().map(|change| change::change(w, now, change)).collect::<Res<Vec<_>>>()?;
    for health in &batch.health {
        health::write(w, health)?;
    }
    write_low_water(w, batch)?;
    Ok(Committed { appends, settles, changes, commit_us: 0 })
}

fn write_low_water(w: &Writer, batch: &Batch) -> Res<()> {
    let mut memory = w.memory.borrow_mut();
    let write = match memory.low_water {
        None => true,
        // A later chunk of an older event's fan-out pulls the mark back: that must be on disk with the chunk.
        Some((on_disk, at)) => {
            let due = batch.now.since(at) >= LOW_WATER_EVERY || batch.now < at;
            batch.low_water < on_disk || (batch.low_water > on_disk && due)
        }
    };
    if write {
        mark::set(&w.conn, mark::LOW_WATER, batch.low_water.0)?;
        mark::set(&w.conn, mark::HIGHEST, memory.highest.0)?;
        memory.low_water = Some((batch.low_water, batch.now));
    }
    Ok(())
}
