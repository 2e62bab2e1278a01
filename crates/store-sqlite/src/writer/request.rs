//! Keys of requests whose events all repeat earlier ones: no event is written that could keep the request's mark.

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{AppendOutcome, EventOutcome, IdempotencyMark};
use rusqlite::{Connection, OptionalExtension, params};

use super::Writer;
use super::idempotency::{REMEMBERED, outcomes_of};
use crate::fault::Res;
use crate::pack;

/// Remembers a request's key.
pub(crate) fn keep(
    w: &Writer,
    world: i64,
    mark: &IdempotencyMark,
    outcomes: &[EventOutcome],
    now: Millis,
) -> Res<()> {
    w.memory.borrow_mut().requests = true;
    let events: Vec<Ordinal> = outcomes.iter().map(|outcome| outcome.ordinal).collect();
    w.conn
        .prepare_cached(
            "INSERT OR REPLACE INTO request (world, hash, body, at, events) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![world, mark.key.as_slice(), mark.body.as_slice(), now.0, pack::ordinals(&events)])?;
    Ok(())
}

/// The answer to a request whose key is known; `None` where it is not, or its day is over.
pub(crate) fn look_up(
    conn: &Connection,
    world: i64,
    mark: &IdempotencyMark,
    now: Millis,
) -> Res<Option<AppendOutcome>> {
    let mut known =
        conn.prepare_cached("SELECT body, events FROM request WHERE world = ?1 AND hash = ?2 AND at > ?3")?;
    let known: Option<(Vec<u8>, Vec<u8>)> = known
        .query_row(params![world, mark.key.as_slice(), (now - REMEMBERED).0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((body, events)) = known else { return Ok(None) };
    if body != mark.body {
        return Ok(Some(AppendOutcome::Conflict(None)));
    }
    let events = pack::read_ordinals(&events).unwrap_or_default();
    Ok(Some(AppendOutcome::Appended(outcomes_of(conn, events)?)))
}

/// Forgets keys whose day is over; returns how many.
pub(crate) fn forget(conn: &Connection, now: Millis, limit: usize) -> Res<usize> {
    Ok(conn
        .prepare_cached(
            "DELETE FROM request WHERE (world, hash) IN
             (SELECT world, hash FROM request WHERE at <= ?1 ORDER BY at LIMIT ?2)",
        )?
        .execute(params![(now - REMEMBERED).0, limit as i64])?)
}
