//! Ending one event's history.

use postrider_model::delivery::{Attempt, DeliveryState};
use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;
use postrider_store::attempt_log::AttemptLog;
use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::Res;
use crate::writer::delivery::{self, key_of};
use crate::writer::mark;

/// Events below it have had their idempotency keys forgotten, so nothing names them any more.
pub(super) fn forgotten(conn: &Connection) -> Res<i64> {
    mark::get(conn, mark::FORGOTTEN)
}

/// Ends what is still pending of an event as failed with the error `expired` (DESIGN 4.4), or `erased` where there was
/// nothing left to send: nothing goes silently.
/// Returns whether there was any. Endpoints whose ordered key goes on come to `released`.
pub(super) fn end_pending(
    conn: &Connection,
    event: i64,
    now: Millis,
    released: &mut Vec<EndpointKey>,
) -> Res<bool> {
    let mut erased = conn.prepare_cached("SELECT data IS NULL FROM event WHERE id = ?1")?;
    let erased = erased.query_row([event], |row| row.get(0)).optional()?.unwrap_or(false);
    let mut pending = conn.prepare_cached("SELECT endpoint FROM delivery WHERE event = ?1 AND state = 0")?;
    let pending: Vec<i64> = pending.query_map([event], |row| row.get(0))?.collect::<Result<_, _>>()?;
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
    Ok(!pending.is_empty())
}

/// Deletes an event and its deliveries, whatever their state. Returns how many rows that were. Endpoints whose
/// ordered key goes on come to `released`.
pub(super) fn delete(
    conn: &Connection,
    event: i64,
    now: Millis,
    released: &mut Vec<EndpointKey>,
) -> Res<usize> {
    let mut deliveries = conn.prepare_cached("SELECT endpoint FROM delivery WHERE event = ?1")?;
    let deliveries: Vec<i64> = deliveries.query_map([event], |row| row.get(0))?.collect::<Result<_, _>>()?;
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
    conn.prepare_cached("DELETE FROM delivery WHERE event = ?1")?.execute([event])?;
    conn.prepare_cached("DELETE FROM fanout WHERE event = ?1")?.execute([event])?;
    conn.prepare_cached("DELETE FROM late WHERE event = ?1")?.execute([event])?;
    conn.prepare_cached("DELETE FROM event WHERE id = ?1")?.execute([event])?;
    Ok(deliveries.len() + 1)
}

/// Gives an event with something pending a while more, so that people see how it ended.
pub(super) fn delay(conn: &Connection, event: i64, until: Millis) -> Res<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO late (event, until) VALUES (?1, ?2)")?
        .execute(params![event, until.0])?;
    Ok(())
}
