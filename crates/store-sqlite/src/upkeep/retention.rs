//! Keep, then forget (DESIGN 2.5): history ends by class from the oldest event upwards, and before that where the
//! store is larger than it may be.

use std::time::Duration;

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::Stepped;
use rusqlite::{Connection, OptionalExtension, params};

use super::expire;
use crate::fault::Res;
use crate::writer::Writer;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// What an event that still had something pending gets beyond its class.
const GRACE: Duration = DAY;

/// Ends some history.
pub(super) fn step(w: &Writer, now: Millis, rows: usize, max_bytes: Option<u64>) -> Res<Stepped> {
    let mut released = Vec::new();
    let more = end_some(&w.conn, now, rows, max_bytes, &mut released)?;
    Ok(Stepped { more, released })
}

/// Returns whether there may be more.
fn end_some(
    conn: &Connection,
    now: Millis,
    rows: usize,
    max_bytes: Option<u64>,
    released: &mut Vec<EndpointKey>,
) -> Res<bool> {
    let mut classes = conn.prepare_cached("SELECT days, mark FROM retention ORDER BY days")?;
    let classes: Vec<(u32, i64)> =
        classes.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (days, mark) in classes {
        if end_class(conn, now, rows, days, mark, released)? {
            return Ok(true);
        }
    }
    Ok(end_late(conn, now, rows, released)? || end_oldest(conn, now, rows, max_bytes, released)?)
}

fn end_class(
    conn: &Connection,
    now: Millis,
    rows: usize,
    days: u32,
    mark: i64,
    released: &mut Vec<EndpointKey>,
) -> Res<bool> {
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
    let (mut done, mut last) = (0, mark);
    for (id, class) in events {
        last = id;
        // Looking at an event of another class is the least work.
        done += if class == days { 4 * end_event(conn, id, now, released)? } else { 1 };
        if done >= rows {
            break;
        }
    }
    let more = done >= rows || read == rows;
    conn.prepare_cached("UPDATE retention SET mark = ?2 WHERE days = ?1")?
        .execute(params![days, if more { last + 1 } else { end }])?;
    Ok(more || done > 0)
}

fn end_event(conn: &Connection, event: i64, now: Millis, released: &mut Vec<EndpointKey>) -> Res<usize> {
    if expire::end_pending(conn, event, now, released)? {
        expire::delay(conn, event, now + GRACE)?;
        return Ok(2);
    }
    expire::delete(conn, event, now, released)
}

fn end_late(conn: &Connection, now: Millis, rows: usize, released: &mut Vec<EndpointKey>) -> Res<bool> {
    let mut late = conn.prepare_cached("SELECT event FROM late WHERE until <= ?1 ORDER BY event LIMIT ?2")?;
    let late: Vec<i64> =
        late.query_map(params![now.0, (rows / 8 + 1) as i64], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for event in &late {
        // Somebody may have reopened it in its last day.
        end_event(conn, *event, now, released)?;
    }
    Ok(!late.is_empty())
}

/// Where the store is larger than it may be, the oldest events end whatever their class.
fn end_oldest(
    conn: &Connection,
    now: Millis,
    rows: usize,
    max_bytes: Option<u64>,
    released: &mut Vec<EndpointKey>,
) -> Res<bool> {
    let Some(max_bytes) = max_bytes else { return Ok(false) };
    let mut done = 0;
    while done < rows && used_bytes(conn)? > max_bytes {
        let mut oldest = conn.prepare_cached("SELECT min(id) FROM event")?;
        let oldest: Option<Option<i64>> = oldest.query_row([], |row| row.get(0)).optional()?;
        let Some(event) = oldest.flatten() else { break };
        // No grace: there is no room for it.
        expire::end_pending(conn, event, now, released)?;
        done += 4 * expire::delete(conn, event, now, released)?;
    }
    Ok(done > 0)
}

/// Bytes of the file that hold something.
fn used_bytes(conn: &Connection) -> Res<u64> {
    let number = |pragma: &str| conn.prepare_cached(pragma)?.query_row([], |row| row.get::<_, i64>(0));
    let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
    Ok(u64::try_from(pages * number("PRAGMA page_size")?).unwrap_or(0))
}
