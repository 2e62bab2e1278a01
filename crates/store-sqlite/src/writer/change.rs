//! Changes of single deliveries that are not outcomes of attempts.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::{EndpointKey, Ordinal, ReplayId};
use postrider_model::time::Millis;
use postrider_store::{Change, ChangeOutcome};
use rusqlite::{Connection, OptionalExtension};

use super::delivery::{self, Row};
use super::{Writer, order};
use crate::fault::Res;

const DONE: ChangeOutcome = ChangeOutcome::Done { released: None };

/// Makes one change.
pub(crate) fn change(w: &Writer, now: Millis, change: &Change) -> Res<ChangeOutcome> {
    let (Change::Index { delivery: key, .. }
    | Change::Enter { delivery: key, .. }
    | Change::Reopen { delivery: key, .. }
    | Change::Cancel { delivery: key }) = *change;
    let Some(row) = delivery::read(&w.conn, key)? else { return Ok(ChangeOutcome::Missing) };
    if !row.sound {
        return Ok(ChangeOutcome::Unreadable);
    }
    match *change {
        Change::Index { due, .. } => index(&w.conn, key, row, due),
        Change::Enter { key: okey, place, due, .. } => enter(w, key, row, okey.cast_signed(), place, due),
        Change::Reopen { replay: Some(replay), .. } if !runs(&w.conn, replay)? => {
            Ok(ChangeOutcome::ReplayOver)
        }
        Change::Reopen { due, .. } => reopen(&w.conn, key, row, due),
        Change::Cancel { .. } => cancel(&w.conn, key, row, now),
    }
}

fn index(conn: &Connection, key: DeliveryKey, mut row: Row, due: Millis) -> Res<ChangeOutcome> {
    if row.state != DeliveryState::Pending {
        return Ok(ChangeOutcome::Refused(row.state));
    }
    if row.in_lane() {
        row.due = Some(due);
        delivery::update(conn, key, &row)?;
        delivery::add_due(conn, key, &delivery::due_entry(key, &row, due, false))?;
    }
    Ok(DONE)
}

fn enter(
    w: &Writer,
    key: DeliveryKey,
    mut row: Row,
    okey: i64,
    place: Ordinal,
    due: Millis,
) -> Res<ChangeOutcome> {
    let conn = &w.conn;
    if row.state != DeliveryState::Pending {
        return Ok(ChangeOutcome::Refused(row.state));
    }
    if row.parked() {
        return Ok(ChangeOutcome::Parked);
    }
    let mut memory = w.memory.borrow_mut();
    memory.highest = memory.highest.max(place);
    let head = order::head(conn, key.endpoint, okey)?;
    if head == Some(key.event) {
        return Ok(DONE);
    }
    delivery::unlist(conn, key, &row)?;
    row.okey = Some(okey);
    if head.is_some() {
        row.due = None;
        delivery::update(conn, key, &row)?;
        order::park(conn, key, okey, place)?;
        return Ok(ChangeOutcome::Parked);
    }
    row.due = Some(due);
    delivery::update(conn, key, &row)?;
    order::set_head(conn, key, okey)?;
    delivery::add_due(conn, key, &delivery::due_entry(key, &row, due, false))?;
    Ok(DONE)
}

fn reopen(conn: &Connection, key: DeliveryKey, mut row: Row, due: Millis) -> Res<ChangeOutcome> {
    if row.state == DeliveryState::Pending {
        return Ok(ChangeOutcome::Refused(row.state));
    }
    // Decided here and not by the caller: a disable in between would leave it pending, where no sweep looks again.
    if !takes_deliveries(conn, key.endpoint)? {
        return Ok(ChangeOutcome::EndpointDisabled);
    }
    delivery::unlist(conn, key, &row)?;
    (row.state, row.due, row.step, row.okey) = (DeliveryState::Pending, Some(due), 0, None);
    delivery::update(conn, key, &row)?;
    delivery::add_due(conn, key, &delivery::due_entry(key, &row, due, false))?;
    Ok(DONE)
}

/// Decided here and not by the replay's step: a cancel in between was answered, and nothing may be reopened after it.
fn runs(conn: &Connection, replay: ReplayId) -> Res<bool> {
    let mut statement = conn.prepare_cached("SELECT status = 0 FROM replay WHERE id = ?1")?;
    Ok(statement.query_row([replay.0.into_bytes()], |row| row.get(0)).optional()?.unwrap_or(false))
}

fn takes_deliveries(conn: &Connection, endpoint: EndpointKey) -> Res<bool> {
    let mut statement =
        conn.prepare_cached("SELECT enabled AND deleted_at IS NULL FROM endpoint WHERE key = ?1")?;
    Ok(statement.query_row([endpoint.0], |row| row.get(0)).optional()?.unwrap_or(false))
}

fn cancel(conn: &Connection, key: DeliveryKey, row: Row, now: Millis) -> Res<ChangeOutcome> {
    if !matches!(row.state, DeliveryState::Pending | DeliveryState::Held) {
        return Ok(ChangeOutcome::Refused(row.state));
    }
    Ok(ChangeOutcome::Done { released: delivery::end(conn, key, row, DeliveryState::Cancelled, now)? })
}
