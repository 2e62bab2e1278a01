//! Building a run of what came last.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

use super::Worked;
use super::rows::{self, List, Listed, Row};
use crate::fault::Res;
use crate::store::SqliteStore;
use crate::writer::mark;

/// A run ends this far behind the clock: an append that was matched again may carry an older id.
const BEHIND: Duration = Duration::from_secs(10);

/// Stands for a tail that was not counted yet.
const UNKNOWN: u64 = u64::MAX;

/// The run being written.
#[derive(Debug, Default)]
pub(super) struct Building {
    open: Option<Run>,
    /// Not asked again before: too little had come, or what had come was too young.
    ask_at: Millis,
}

impl Building {
    /// Its number.
    pub(super) fn number(&self) -> Option<i64> {
        self.open.as_ref().map(|run| run.number)
    }
}

#[derive(Debug)]
struct Run {
    number: i64,
    found: Found,
    /// Rows written of both lists together.
    written: usize,
}

/// What a run is made of.
#[derive(Debug, Clone)]
struct Found {
    first: i64,
    last: i64,
    deliveries: Arc<Vec<Row>>,
    events: Arc<Vec<Row>>,
}

impl Found {
    fn rows(&self) -> usize {
        self.deliveries.len() + self.events.len()
    }
}

/// Does a bit of the run, or begins the next one.
pub(super) async fn step(
    store: &SqliteStore,
    building: &mut Building,
    now: Millis,
    limit: usize,
) -> Result<Worked, StoreError> {
    if let Some(run) = &mut building.open {
        if !write(store, run, limit).await? {
            return Ok(Worked::Some);
        }
        let covered = run.found.deliveries.len().max(run.found.events.len()) as u64;
        let size = store.list_run_rows as u64;
        let _ = store.unlisted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            // Counted anew where it seems that no run is left: a start counts only so far.
            Some(count.checked_sub(covered).filter(|left| *left >= size).unwrap_or(UNKNOWN))
        });
        // There may be another run's worth.
        (building.open, building.ask_at) = (None, now);
        return Ok(Worked::Finished);
    }
    if now < building.ask_at {
        return Ok(Worked::Nothing);
    }
    building.ask_at = now + rows::ASK_EVERY;
    let size = store.list_run_rows;
    if lag(store).await? < size as u64 {
        return Ok(Worked::Nothing);
    }
    let Some(found) = store.read(move |conn| gather(conn, now, size)).await? else {
        // Enough has come, but is too young: under a steady load that is so most of the time, and each look reads it all.
        building.ask_at = now + BEHIND / 2;
        return Ok(Worked::Nothing);
    };
    let number = store.lazily(|w| rows::begin(&w.conn)).await?;
    building.open = Some(Run { number, found, written: 0 });
    Ok(Worked::Some)
}

/// What no run covers, about.
pub(in crate::upkeep) async fn lag(store: &SqliteStore) -> Result<u64, StoreError> {
    if store.unlisted.load(Ordering::Relaxed) == UNKNOWN {
        let size = store.list_run_rows;
        let tail = store.read(move |conn| count_tail(conn, size)).await?;
        store.unlisted.store(tail, Ordering::Relaxed);
    }
    Ok(store.unlisted.load(Ordering::Relaxed))
}

/// What no run covers at a start, counted as far as it matters.
fn count_tail(conn: &Connection, size: usize) -> Res<u64> {
    let listed = mark::get(conn, mark::LISTED)?;
    let mut statement = conn.prepare_cached(
        "SELECT max((SELECT count(*) FROM (SELECT 1 FROM delivery WHERE event > ?1 LIMIT ?2)),
         (SELECT count(*) FROM (SELECT 1 FROM event WHERE id > ?1 LIMIT ?2)))",
    )?;
    Ok(statement.query_row([listed, size as i64 * 4], |row| row.get::<_, i64>(0))?.cast_unsigned())
}

/// The next run, if enough has come for one.
fn gather(conn: &Connection, now: Millis, size: usize) -> Res<Option<Found>> {
    let listed = mark::get(conn, mark::LISTED)?;
    let unfinished: Option<i64> = conn.query_row("SELECT min(event) FROM fanout", [], |row| row.get(0))?;
    let end = Ordinal::at(now - BEHIND).0.min(unfinished.unwrap_or(i64::MAX));
    let mut statement = conn.prepare_cached(
        "SELECT event, endpoint FROM delivery WHERE event > ?1 AND event < ?2 ORDER BY event, endpoint",
    )?;
    let mut rows = statement.query([listed, end])?;
    let mut deliveries: Vec<Row> = Vec::new();
    while let Some(row) = rows.next()? {
        let (event, endpoint): (i64, i64) = (row.get(0)?, row.get(1)?);
        // All deliveries of an event are in one run.
        if deliveries.len() >= size && deliveries.last().is_some_and(|(_, last)| *last != event) {
            break;
        }
        deliveries.push((endpoint, event));
    }
    if deliveries.len() < size {
        return gather_quiet(conn, listed, end, deliveries, size);
    }
    let last = deliveries.last().map_or(listed, |(_, event)| *event);
    deliveries.sort_unstable();
    finish(conn, listed, last, deliveries).map(Some)
}

/// Events that nobody wanted make a run too, when there are many.
fn gather_quiet(
    conn: &Connection,
    listed: i64,
    end: i64,
    mut deliveries: Vec<Row>,
    size: usize,
) -> Res<Option<Found>> {
    let mut statement =
        conn.prepare_cached("SELECT id FROM event WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT 1 OFFSET ?3")?;
    let last: Option<i64> =
        statement.query_row(params![listed, end, size as i64 - 1], |row| row.get(0)).optional()?;
    let Some(last) = last else { return Ok(None) };
    deliveries.retain(|(_, event)| *event <= last);
    deliveries.sort_unstable();
    finish(conn, listed, last, deliveries).map(Some)
}

fn finish(conn: &Connection, listed: i64, last: i64, deliveries: Vec<Row>) -> Res<Found> {
    let mut statement =
        conn.prepare_cached("SELECT tenant * 2 + (world & 1), id FROM event WHERE id > ?1 AND id <= ?2")?;
    let events = statement.query_map([listed, last], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut events: Vec<Row> = events.collect::<Result<_, _>>()?;
    events.sort_unstable();
    Ok(Found { first: listed + 1, last, deliveries: deliveries.into(), events: events.into() })
}

/// Writes the next rows; true when that was all and the run is visible.
async fn write(store: &SqliteStore, run: &mut Run, limit: usize) -> Result<bool, StoreError> {
    let (number, from, found) = (run.number, run.written, run.found.clone());
    let total = found.rows();
    let to = (from + limit).min(total);
    store
        .lazily(move |w| {
            let part = |list: &[Row], offset: usize| {
                let cut = |at: usize| at.saturating_sub(offset).min(list.len());
                list[cut(from)..cut(to)].to_vec()
            };
            List::Deliveries.insert(&w.conn, number, &part(&found.deliveries, 0))?;
            List::Events.insert(&w.conn, number, &part(&found.events, found.deliveries.len()))?;
            if to == total {
                let new = Listed { run: number, first: found.first, last: found.last, level: 0 };
                rows::publish(&w.conn, &new, &[])?;
                mark::set(&w.conn, mark::LISTED, found.last)?;
            }
            Ok(())
        })
        .await?;
    run.written = to;
    Ok(to == total)
}
