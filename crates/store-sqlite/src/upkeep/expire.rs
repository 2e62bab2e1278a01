//! Ending one event's history.

use postrider_model::delivery::{Attempt, DeliveryState};
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::attempt_log::AttemptLog;
use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::Res;
use crate::pack::Marks;
use crate::writer::delivery::{self, key_of};
use crate::writer::{Writer, mark};

/// Events below it have had their idempotency keys forgotten, so nothing names them any more.
pub(super) fn forgotten(conn: &Connection) -> Res<i64> {
    mark::get(conn, mark::FORGOTTEN)
}

/// Ends what is still pending of an event as failed with the error `expired` (DESIGN 4.4), or `erased` where there was
/// nothing left to send: nothing goes silently.
/// At most `limit` of them; returns how many. Endpoints whose ordered key goes on come to `released`.
pub(super) fn end_pending(
    conn: &Connection,
    event: i64,
    now: Millis,
    limit: usize,
    released: &mut Vec<EndpointKey>,
) -> Res<usize> {
    let mut erased = conn.prepare_cached("SELECT data IS NULL FROM event WHERE id = ?1")?;
    let erased = erased.query_row([event], |row| row.get(0)).optional()?.unwrap_or(false);
    let mut pending =
        conn.prepare_cached("SELECT endpoint FROM delivery WHERE event = ?1 AND state = 0 LIMIT ?2")?;
    let pending: Vec<i64> =
        pending.query_map([event, limit as i64], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for endpoint in &pending {
        let key = key_of(event, *endpoint);
        let Some(mut row) = delivery::read(conn, key)? else { continue };
        let expired = Attempt {
            number: AttemptLog::count(&row.log).unwrap_or_default() + 1,
            started_at: now,
            latency_ms: 0,
            response_status: None,
            error: Some(if erased { "erased" } else { "expired" }.to_owned()),
            success: false,
            excerpt: bytes::Bytes::new(),
            note: None,
        };
        delivery::add_attempt(key, &mut row, &expired)?;
        let next = delivery::end(conn, key, row, DeliveryState::Failed, now)?;
        released.extend(next.map(|_| key.endpoint));
    }
    Ok(pending.len())
}

/// How far the deletion of an event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deleted {
    /// Rows deleted.
    pub(super) rows: usize,
    /// Whether the event itself is gone; else the next step goes on.
    pub(super) whole: bool,
}

/// Deletes an event, its deliveries whatever their state, and its idempotency keys; about `limit` rows at most.
/// Endpoints whose ordered key goes on come to `released`.
pub(super) fn delete(
    w: &Writer,
    event: i64,
    now: Millis,
    limit: usize,
    released: &mut Vec<EndpointKey>,
) -> Res<Deleted> {
    let conn = &w.conn;
    let limit = limit.max(1);
    // First of all, so that no chunk of it follows.
    conn.prepare_cached("DELETE FROM fanout WHERE event = ?1")?.execute([event])?;
    let mut deliveries =
        conn.prepare_cached("SELECT endpoint FROM delivery WHERE event = ?1 ORDER BY endpoint LIMIT ?2")?;
    let deliveries: Vec<i64> =
        deliveries.query_map([event, limit as i64], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for endpoint in &deliveries {
        let key = key_of(event, *endpoint);
        if let Some(row) = delivery::read(conn, key)?
            && row.state != DeliveryState::Delivered
        {
            // Takes it out of every index, and lets the next of its ordered key go on.
            let next = delivery::end(conn, key, row, DeliveryState::Cancelled, now)?;
            released.extend(next.map(|_| key.endpoint));
        }
    }
    if let Some(last) = deliveries.last() {
        conn.prepare_cached("DELETE FROM delivery WHERE event = ?1 AND endpoint <= ?2")?
            .execute([event, *last])?;
    }
    if deliveries.len() == limit {
        return Ok(Deleted { rows: limit, whole: false });
    }
    forget_keys(w, event)?;
    conn.prepare_cached("DELETE FROM late WHERE event = ?1")?.execute([event])?;
    conn.prepare_cached("DELETE FROM event WHERE id = ?1")?.execute([event])?;
    Ok(Deleted { rows: deliveries.len() + 1, whole: true })
}

/// Idempotency keys are found through their event only: those that are still known go with it.
fn forget_keys(w: &Writer, event: i64) -> Res<()> {
    if event < forgotten(&w.conn)? {
        return Ok(());
    }
    let mut idem =
        w.conn.prepare_cached("SELECT world, idem FROM event WHERE id = ?1 AND idem IS NOT NULL")?;
    let idem: Option<(i64, Vec<u8>)> =
        idem.query_row([event], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((world, marks)) = idem.and_then(|(world, idem)| Some((world, Marks::decode(&idem)?))) else {
        return Ok(());
    };
    let mut delete =
        w.conn.prepare_cached("DELETE FROM idempotency WHERE world = ?1 AND hash = ?2 AND event = ?3")?;
    for mark in marks.own.into_iter().chain(marks.request.map(|(mark, _)| mark)) {
        delete.execute(params![world, mark.key.as_slice(), event])?;
        w.memory.borrow_mut().recent.remove(&(world, mark.key), Ordinal(event));
    }
    Ok(())
}

/// Gives an event with something pending a while more, so that people see how it ended.
pub(super) fn delay(conn: &Connection, event: i64, until: Millis) -> Res<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO late (event, until) VALUES (?1, ?2)")?
        .execute(params![event, until.0])?;
    Ok(())
}

/// Whether an event has been given that.
pub(super) fn is_delayed(conn: &Connection, event: i64) -> Res<bool> {
    let mut late = conn.prepare_cached("SELECT 1 FROM late WHERE event = ?1")?;
    Ok(late.query_row([event], |_| Ok(())).optional()?.is_some())
}
