//! Idempotency keys out of their table when their day is over, found by walking the events in order; and sessions with
//! what belongs to them, when they have expired.

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use rusqlite::{Connection, params};

use crate::fault::Res;
use crate::pack::Marks;
use crate::sessions::expire;
use crate::writer::idempotency::REMEMBERED;
use crate::writer::{mark, request};

/// Forgets the keys of the next events that are more than a day old.
pub(super) fn step(conn: &Connection, now: Millis, rows: usize) -> Res<bool> {
    if request::forget(conn, now, rows)? > 0 || expire::step(conn, now, rows)? {
        return Ok(true);
    }
    let from = mark::get(conn, mark::FORGOTTEN)?;
    // What is not merged yet is not in the table yet.
    let end = Ordinal::at(now - REMEMBERED).0.min(mark::get(conn, mark::REMEMBERED)? + 1);
    if from >= end {
        return Ok(false);
    }
    let mut events = conn.prepare_cached(
        "SELECT id, world, idem FROM event WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut delete =
        conn.prepare_cached("DELETE FROM idempotency WHERE world = ?1 AND hash = ?2 AND event = ?3")?;
    let mut found = events.query(params![from, end, rows as i64])?;
    let (mut last, mut seen) = (end, 0);
    while let Some(row) = found.next()? {
        let (id, world): (i64, i64) = (row.get(0)?, row.get(1)?);
        (last, seen) = (id, seen + 1);
        let Some(idem) = row.get_ref(2)?.as_blob_or_null().ok().flatten() else { continue };
        let Some(marks) = Marks::decode(idem) else {
            tracing::error!(table = "event", column = "idem", key = id, "not a mark; its keys stay");
            continue;
        };
        let request = marks.request.map(|(mark, _)| mark);
        for mark in marks.own.into_iter().chain(request) {
            delete.execute(params![world, mark.key.as_slice(), id])?;
        }
    }
    let more = seen == rows;
    mark::set(conn, mark::FORGOTTEN, if more { last + 1 } else { end })?;
    Ok(more)
}
