//! Idempotency keys from memory into their table, sorted, every 50,000 or each minute (DESIGN 5).

use std::sync::Arc;
use std::time::Duration;

use postrider_model::time::Millis;
use postrider_store::StoreError;

use crate::fault::Fault;
use crate::store::SqliteStore;
use crate::writer::idempotency::{self, Seen, WorldKey};
use crate::writer::{Writer, mark};

/// Keys that are merged at once.
const KEYS: usize = 50_000;
/// Merged at least this often.
const EVERY: Duration = Duration::from_secs(60);

/// The merge that is going on.
#[derive(Debug, Default)]
pub(super) struct Merge {
    open: Option<Open>,
    merged_at: Millis,
}

#[derive(Debug)]
struct Open {
    keys: Arc<Vec<(WorldKey, Seen)>>,
    written: usize,
    /// Keys of the events up to it are in the table when this merge is done.
    highest: i64,
}

/// Does a bit of the merge, or begins one.
pub(super) async fn step(
    store: &SqliteStore,
    merge: &mut Merge,
    now: Millis,
    rows: usize,
) -> Result<bool, StoreError> {
    if let Some(open) = &mut merge.open {
        if write(store, open, rows).await? {
            merge.open = None;
        }
        return Ok(true);
    }
    // The first step of a start merges at once; so does one after the clock was set back.
    let minute_over = now.since(merge.merged_at) >= EVERY || now < merge.merged_at;
    let begun = store
        .write(move |w| {
            let memory = w.memory.borrow();
            let enough = memory.recent.keys.len() >= KEYS;
            let anything = !memory.recent.keys.is_empty() || merged_to(w)? < memory.highest.0;
            Ok((enough || (minute_over && anything)).then(|| collect(w, memory.highest.0)))
        })
        .await?;
    let Some(mut open) = begun else { return Ok(false) };
    merge.merged_at = now;
    // Sorted here and not in the writer: nobody waits for it.
    if let Some(keys) = Arc::get_mut(&mut open.keys) {
        keys.sort_unstable_by_key(|(key, _)| *key);
    }
    merge.open = Some(open);
    Ok(true)
}

/// Brings every key into its table.
pub(crate) async fn merge_keys(store: &SqliteStore, now: Millis) -> Result<(), StoreError> {
    // As if the clock had been set back: one begins whatever the time.
    let mut merge = Merge { merged_at: Millis(i64::MAX), ..Merge::default() };
    while step(store, &mut merge, now, KEYS).await? {}
    Ok(())
}

/// Keys of the events up to it are in the table.
fn merged_to(w: &Writer) -> Result<i64, StoreError> {
    mark::get(&w.conn, mark::REMEMBERED).map_err(Fault::into_store_error)
}

fn collect(w: &Writer, highest: i64) -> Open {
    let keys = w.memory.borrow().recent.keys.iter().map(|(key, seen)| (*key, *seen)).collect();
    Open { keys: Arc::new(keys), written: 0, highest }
}

/// Writes the next keys; true when that was all.
async fn write(store: &SqliteStore, open: &mut Open, rows: usize) -> Result<bool, StoreError> {
    let (keys, from, highest) = (open.keys.clone(), open.written, open.highest);
    let to = (from + rows).min(keys.len());
    let last = to == keys.len();
    let written = keys.clone();
    store
        .lazily(move |w| {
            let memory = w.memory.borrow();
            for (key, seen) in &written[from..to] {
                // One whose event was ended meanwhile is forgotten with it.
                if memory.recent.keys.get(key) != Some(seen) {
                    continue;
                }
                idempotency::store(&w.conn, key, seen)?;
            }
            if last {
                mark::set(&w.conn, mark::REMEMBERED, highest)?;
            }
            Ok(())
        })
        .await?;
    open.written = to;
    store
        .write(move |w| {
            let recent = &mut w.memory.borrow_mut().recent.keys;
            for (key, seen) in &keys[from..to] {
                // A key whose day is over may have been used anew meanwhile.
                if recent.get(key) == Some(seen) {
                    recent.remove(key);
                }
            }
            Ok(last)
        })
        .await
}
