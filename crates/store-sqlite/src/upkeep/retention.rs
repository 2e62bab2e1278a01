//! Keep, then forget (DESIGN 2.5): history ends by class from the oldest event upwards, and before that where the
//! store is larger than it may be.

use std::time::Duration;

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::Stepped;
use rusqlite::{Connection, OptionalExtension, params};

use super::expire::{self, Deleted};
use crate::fault::Res;
use crate::writer::Writer;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// What an event that still had something pending gets beyond its class.
const GRACE: Duration = DAY;

/// A row that is deleted takes as long as so many that are looked at.
const ROW: usize = 4;

/// Ends some history.
pub(super) fn step(w: &Writer, now: Millis, rows: usize, max_bytes: Option<u64>) -> Res<Stepped> {
    let mut released = Vec::new();
    let more = end_some(w, now, rows, max_bytes, &mut released)?;
    Ok(Stepped { more, released, behind: behind(&w.conn, now)? })
}

/// How long ago the oldest event that should have gone should have: as far as the classes' walks have come, or from
/// the oldest event where one has not begun.
fn behind(conn: &Connection, now: Millis) -> Res<Duration> {
    let oldest: Option<i64> = conn.query_row("SELECT min(id) FROM event", [], |row| row.get(0))?;
    let Some(oldest) = oldest else { return Ok(Duration::ZERO) };
    let mut classes = conn.prepare_cached("SELECT days, mark FROM retention")?;
    let mut rows = classes.query([])?;
    let mut behind = Duration::ZERO;
    while let Some(row) = rows.next()? {
        let (days, mark): (u32, i64) = (row.get(0)?, row.get(1)?);
        behind = behind.max((now - DAY * days).since(Ordinal(mark.max(oldest)).time()));
    }
    Ok(behind)
}

/// Returns whether there may be more.
fn end_some(
    w: &Writer,
    now: Millis,
    rows: usize,
    max_bytes: Option<u64>,
    released: &mut Vec<EndpointKey>,
) -> Res<bool> {
    let mut classes = w.conn.prepare_cached("SELECT days, mark FROM retention ORDER BY days")?;
    let classes: Vec<(u32, i64)> =
        classes.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (days, mark) in classes {
        if end_class(w, now, rows, days, mark, released)? {
            return Ok(true);
        }
    }
    Ok(end_late(w, now, rows, released)? || end_oldest(w, now, rows, max_bytes, released)?)
}

fn end_class(
    w: &Writer,
    now: Millis,
    rows: usize,
    days: u32,
    mark: i64,
    released: &mut Vec<EndpointKey>,
) -> Res<bool> {
    let conn = &w.conn;
    let end = Ordinal::at(now - DAY * days).0.min(expire::forgotten(conn)?);
    if mark >= end {
        return Ok(false);
    }
    let mut events = conn.prepare_cached(
        "SELECT id, retention_days FROM event WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3",
    )?;
    let events: Vec<(i64, u32)> = events
        .query_map(params![mark, end, rows as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let read = events.len();
    let (mut done, mut next) = (0, mark);
    for (id, class) in events {
        next = id;
        // Looking at an event of another class is the least work.
        if class != days {
            done += 1;
        } else {
            let ended = end_event(w, id, now, Late::Stay, left(rows, done), released)?;
            done += ROW * ended.rows;
            if !ended.whole {
                break;
            }
        }
        next = id + 1;
        if done >= rows {
            break;
        }
    }
    let more = done >= rows || read == rows;
    conn.prepare_cached("UPDATE retention SET mark = ?2 WHERE days = ?1")?
        .execute(params![days, if more { next } else { end }])?;
    Ok(more || done > 0)
}

/// Rows that may still be deleted in this step.
fn left(rows: usize, done: usize) -> usize {
    (rows.saturating_sub(done) / ROW).max(1)
}

/// What becomes of an event that was delayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Late {
    /// It stays for its grace.
    Stay,
    /// Its grace is over.
    Go,
}

/// Ends what is pending of an event and delays it, or deletes it; about `limit` rows of it. An event that is delayed is
/// not whole as long as it has something pending.
fn end_event(
    w: &Writer,
    event: i64,
    now: Millis,
    late: Late,
    limit: usize,
    released: &mut Vec<EndpointKey>,
) -> Res<Deleted> {
    let pending = expire::end_pending(&w.conn, event, now, limit, released)?;
    if pending > 0 {
        expire::delay(&w.conn, event, now + GRACE)?;
        return Ok(Deleted { rows: pending + 1, whole: pending < limit });
    }
    if late == Late::Stay && expire::is_delayed(&w.conn, event)? {
        return Ok(Deleted { rows: 1, whole: true });
    }
    expire::delete(w, event, now, limit, released)
}

fn end_late(w: &Writer, now: Millis, rows: usize, released: &mut Vec<EndpointKey>) -> Res<bool> {
    let mut late =
        w.conn.prepare_cached("SELECT event FROM late WHERE until <= ?1 ORDER BY event LIMIT ?2")?;
    let late: Vec<i64> =
        late.query_map(params![now.0, (rows / 8 + 1) as i64], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut done = 0;
    for event in &late {
        // Somebody may have reopened it in its last day.
        done += ROW * end_event(w, *event, now, Late::Go, left(rows, done), released)?.rows;
        if done >= rows {
            break;
        }
    }
    Ok(!late.is_empty())
}

/// Where the store is larger than it may be, the oldest events end whatever their class.
fn end_oldest(
    w: &Writer,
    now: Millis,
    rows: usize,
    max_bytes: Option<u64>,
    released: &mut Vec<EndpointKey>,
) -> Res<bool> {
    let Some(max_bytes) = max_bytes else { return Ok(false) };
    let mut done = 0;
    let conn = &w.conn;
    while done < rows && used_bytes(conn)? > max_bytes {
        let mut oldest = conn.prepare_cached("SELECT min(id) FROM event")?;
        let oldest: Option<Option<i64>> = oldest.query_row([], |row| row.get(0)).optional()?;
        let Some(event) = oldest.flatten() else { break };
        // No grace: there is no room for it.
        let limit = left(rows, done);
        let pending = expire::end_pending(conn, event, now, limit, released)?;
        done += ROW * pending;
        if pending < limit {
            done += ROW * expire::delete(w, event, now, limit, released)?.rows;
        }
    }
    Ok(done > 0)
}

/// Bytes of the file that hold something.
fn used_bytes(conn: &Connection) -> Res<u64> {
    let number = |pragma: &str| conn.prepare_cached(pragma)?.query_row([], |row| row.get::<_, i64>(0));
    let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
    Ok(u64::try_from(pages * number("PRAGMA page_size")?).unwrap_or(0))
}
