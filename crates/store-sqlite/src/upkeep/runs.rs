//! List indexes: sorted runs of (endpoint, event) and (owner, event), built behind the hot path.
//!
//! A run is read and sorted on a reading connection, then written by the writer in small commits, in its order: each
//! row goes to the end of its table. Its last commit makes it visible and moves the mark.

use std::sync::atomic::Ordering;
use std::time::Duration;

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::Res;
use crate::store::SqliteStore;
use crate::writer::mark;

/// Deliveries of one run. The tail that lists scan by id is at most this long and a little more.
const RUN: usize = 32_768;
/// A run ends this far behind the clock: an append that was matched again may carry an older id.
const BEHIND: Duration = Duration::from_secs(10);

/// The run being written.
#[derive(Debug, Default)]
pub(super) struct Runs {
    open: Option<Run>,
    /// Not asked again before: too little had come.
    ask_at: Millis,
    /// Whether remains of a run that a stop cut short were looked for.
    cleaned: bool,
}

#[derive(Debug)]
struct Run {
    number: i64,
    first: i64,
    last: i64,
    deliveries: std::sync::Arc<Vec<(i64, i64)>>,
    events: std::sync::Arc<Vec<(i64, i64)>>,
    /// Rows written of both lists together.
    written: usize,
}

/// Does a bit of the run, or begins the next one.
pub(super) async fn step(
    store: &SqliteStore,
    runs: &mut Runs,
    now: Millis,
    rows: usize,
) -> Result<bool, StoreError> {
    if !runs.cleaned {
        let more = store.lazily(move |w| clean(&w.conn, rows)).await?;
        runs.cleaned = !more;
        return Ok(true);
    }
    if let Some(run) = &mut runs.open {
        write(store, run, rows).await?;
        if run.written > run.deliveries.len() + run.events.len() {
            let covered = run.deliveries.len().max(run.events.len()) as u64;
            let _ = store.unlisted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                Some(count.saturating_sub(covered))
            });
            // There may be another run's worth.
            (runs.open, runs.ask_at) = (None, now);
        }
        return Ok(true);
    }
    if now < runs.ask_at {
        return Ok(false);
    }
    runs.ask_at = now + Duration::from_secs(1);
    if lag(store).await? < RUN as u64 {
        return drop_ended(store, rows).await;
    }
    runs.open = store.read(move |conn| gather(conn, now)).await?;
    Ok(runs.open.is_some())
}

/// What no run covers, about.
pub(super) async fn lag(store: &SqliteStore) -> Result<u64, StoreError> {
    if store.unlisted.load(Ordering::Relaxed) == u64::MAX {
        let tail = store.read(count_tail).await?;
        store.unlisted.store(tail, Ordering::Relaxed);
    }
    Ok(store.unlisted.load(Ordering::Relaxed))
}

/// What no run covers at a start, counted as far as it matters.
fn count_tail(conn: &Connection) -> Res<u64> {
    let listed = mark::get(conn, mark::LISTED)?;
    let mut statement = conn.prepare_cached(
        "SELECT max((SELECT count(*) FROM (SELECT 1 FROM delivery WHERE event > ?1 LIMIT ?2)),
         (SELECT count(*) FROM (SELECT 1 FROM event WHERE id > ?1 LIMIT ?2)))",
    )?;
    Ok(statement.query_row([listed, RUN as i64 * 4], |row| row.get::<_, i64>(0))?.cast_unsigned())
}

/// The next run, if enough has come for one.
fn gather(conn: &Connection, now: Millis) -> Res<Option<Run>> {
    let listed = mark::get(conn, mark::LISTED)?;
    let unfinished: Option<i64> = conn.query_row("SELECT min(event) FROM fanout", [], |row| row.get(0))?;
    let end = Ordinal::at(now - BEHIND).0.min(unfinished.unwrap_or(i64::MAX));
    let mut statement = conn.prepare_cached(
        "SELECT event, endpoint FROM delivery WHERE event > ?1 AND event < ?2 ORDER BY event, endpoint",
    )?;
    let mut rows = statement.query([listed, end])?;
    let mut deliveries: Vec<(i64, i64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (event, endpoint): (i64, i64) = (row.get(0)?, row.get(1)?);
        // All deliveries of an event are in one run.
        if deliveries.len() >= RUN && deliveries.last().is_some_and(|(_, last)| *last != event) {
            break;
        }
        deliveries.push((endpoint, event));
    }
    if deliveries.len() < RUN {
        return gather_quiet(conn, listed, end, deliveries);
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
    mut deliveries: Vec<(i64, i64)>,
) -> Res<Option<Run>> {
    let mut statement =
        conn.prepare_cached("SELECT id FROM event WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT 1 OFFSET ?3")?;
    let last: Option<i64> =
        statement.query_row(params![listed, end, RUN as i64 - 1], |row| row.get(0)).optional()?;
    let Some(last) = last else { return Ok(None) };
    deliveries.retain(|(_, event)| *event <= last);
    deliveries.sort_unstable();
    finish(conn, listed, last, deliveries).map(Some)
}

fn finish(conn: &Connection, listed: i64, last: i64, deliveries: Vec<(i64, i64)>) -> Res<Run> {
    let mut statement =
        conn.prepare_cached("SELECT tenant * 2 + (world & 1), id FROM event WHERE id > ?1 AND id <= ?2")?;
    let events = statement.query_map([listed, last], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut events: Vec<(i64, i64)> = events.collect::<Result<_, _>>()?;
    events.sort_unstable();
    let number: Option<i64> = conn.query_row("SELECT max(run) FROM list_run", [], |row| row.get(0))?;
    Ok(Run {
        number: number.unwrap_or(0) + 1,
        first: listed + 1,
        last,
        deliveries: deliveries.into(),
        events: events.into(),
        written: 0,
    })
}

async fn write(store: &SqliteStore, run: &mut Run, rows: usize) -> Result<(), StoreError> {
    let (number, first, last, from) = (run.number, run.first, run.last, run.written);
    let (deliveries, events) = (run.deliveries.clone(), run.events.clone());
    let total = deliveries.len() + events.len();
    let to = (from + rows).min(total);
    store
        .lazily(move |w| {
            let part = |list: &[(i64, i64)], offset: usize| {
                let cut = |at: usize| at.saturating_sub(offset).min(list.len());
                list[cut(from)..cut(to)].to_vec()
            };
            insert(
                &w.conn,
                "INSERT OR IGNORE INTO run_delivery (run, endpoint, event) VALUES (?1, ?2, ?3)",
                number,
                &part(&deliveries, 0),
            )?;
            insert(
                &w.conn,
                "INSERT OR IGNORE INTO run_event (run, owner, event) VALUES (?1, ?2, ?3)",
                number,
                &part(&events, deliveries.len()),
            )?;
            if to == total {
                w.conn
                    .prepare_cached("INSERT INTO list_run (run, first, last) VALUES (?1, ?2, ?3)")?
                    .execute([number, first, last])?;
                mark::set(&w.conn, mark::LISTED, last)?;
            }
            Ok(())
        })
        .await?;
    // One more than all: the run is closed.
    run.written = if to == total { total + 1 } else { to };
    Ok(())
}

fn insert(conn: &Connection, sql: &str, run: i64, rows: &[(i64, i64)]) -> Res<()> {
    let mut statement = conn.prepare_cached(sql)?;
    for (owner, event) in rows {
        statement.execute([run, *owner, *event])?;
    }
    Ok(())
}

/// Removes what a stop left of a run that was not finished.
fn clean(conn: &Connection, rows: usize) -> Res<bool> {
    let newest: Option<i64> = conn.query_row("SELECT max(run) FROM list_run", [], |row| row.get(0))?;
    drop_rows(conn, newest.unwrap_or(0) + 1, rows)
}

/// Removes runs whose events have all been ended by retention.
async fn drop_ended(store: &SqliteStore, rows: usize) -> Result<bool, StoreError> {
    let ended = store
        .read(|conn| {
            let oldest: Option<i64> = conn.query_row("SELECT min(id) FROM event", [], |row| row.get(0))?;
            let mut statement =
                conn.prepare_cached("SELECT run FROM list_run WHERE last < ?1 ORDER BY run LIMIT 1")?;
            Ok(statement.query_row([oldest.unwrap_or(i64::MAX)], |row| row.get::<_, i64>(0)).optional()?)
        })
        .await?;
    let Some(run) = ended else { return Ok(false) };
    store
        .lazily(move |w| {
            if !drop_rows(&w.conn, run, rows)? {
                w.conn.prepare_cached("DELETE FROM list_run WHERE run = ?1")?.execute([run])?;
            }
            Ok(true)
        })
        .await
}

/// Deletes some rows of a run; false when none is left.
fn drop_rows(conn: &Connection, run: i64, rows: usize) -> Res<bool> {
    let mut left = false;
    for (table, owner) in [("run_delivery", "endpoint"), ("run_event", "owner")] {
        let deleted = conn
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE run = ?1 AND ({owner}, event) IN
                 (SELECT {owner}, event FROM {table} WHERE run = ?1 ORDER BY {owner}, event LIMIT ?2)"
            ))?
            .execute([run, rows as i64])?;
        left |= deleted == rows;
    }
    Ok(left)
}
