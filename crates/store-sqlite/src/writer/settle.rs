//! Settling: what became of attempts.

use postrider_model::delivery::{Attempt, DeliveryKey, DeliveryState};
use postrider_model::time::Millis;
use postrider_store::attempt_log::AttemptLog;
use postrider_store::{Next, Settle, Settled};
use rusqlite::params;

use super::delivery::{self, DueEntry, Row};
use super::hot::Hot;
use super::{Writer, order};
use crate::fault::Res;

/// The state, due time and step that come next.
fn next_parts(next: Next) -> (DeliveryState, Option<Millis>, u32) {
    match next {
        Next::Delivered => (DeliveryState::Delivered, None, 0),
        Next::Failed => (DeliveryState::Failed, None, 0),
        Next::Held => (DeliveryState::Held, None, 0),
        Next::Cancelled => (DeliveryState::Cancelled, None, 0),
        Next::Due { at, step } => (DeliveryState::Pending, Some(at), step),
    }
}

/// Settles one delivery.
pub(crate) fn settle(w: &Writer, hot: &mut Hot<'_>, now: Millis, settle: &Settle) -> Res<Settled> {
    if settle.fresh && settle_fresh(w, hot, settle)? {
        return Ok(Settled { state: next_parts(settle.next).0, released: None });
    }
    settle_row(w, now, settle)
}

/// An attempt for an event that was erased while it was under way: what the endpoint said is not kept.
fn bare(attempt: &Attempt) -> Attempt {
    Attempt { excerpt: bytes::Bytes::new(), note: None, ..attempt.clone() }
}

/// The hot path: one update without a read. False where the row is not as a fresh one is.
fn settle_fresh(w: &Writer, hot: &mut Hot<'_>, settle: &Settle) -> Res<bool> {
    let key = settle.delivery;
    let (state, due, step) = next_parts(settle.next);
    let mut memory = w.memory.borrow_mut();
    let log = match &settle.attempt {
        Some(attempt) => {
            let bare = memory.erased.contains(key.event).then(|| bare(attempt));
            AttemptLog::append_into(&mut memory.log, &[], bare.as_ref().unwrap_or(attempt))
                .map_err(delivery::broken_log(key))?;
            Some(memory.log.as_slice())
        }
        None => None,
    };
    let changed = hot.settle_fresh.execute(params![
        key.event.0,
        key.endpoint.0,
        state.code(),
        due.map(|due| due.0),
        step,
        log
    ])?;
    if changed == 0 {
        return Ok(false);
    }
    if let Some(due) = due {
        let first_attempt_at = settle.attempt.as_ref().filter(|_| step > 0).map(|attempt| attempt.started_at);
        let attempts = u32::from(settle.attempt.is_some());
        let entry = DueEntry { due, step, attempts, first_attempt_at, okey: None, scheduled: false };
        delivery::add_due(&w.conn, key, &entry)?;
    } else if state != DeliveryState::Delivered && state != DeliveryState::Cancelled {
        delivery::add_problem(&w.conn, key, state)?;
    }
    Ok(true)
}

fn settle_row(w: &Writer, now: Millis, settle: &Settle) -> Res<Settled> {
    let key = settle.delivery;
    let (state, due, step) = next_parts(settle.next);
    let Some(mut row) = delivery::read(&w.conn, key)? else {
        // There is nothing left to settle, and nothing to try again.
        return Ok(Settled { state: DeliveryState::Cancelled, released: None });
    };
    if let Some(attempt) = &settle.attempt {
        let bare = w.memory.borrow().erased.contains(key.event).then(|| bare(attempt));
        delivery::add_attempt(key, &mut row, bare.as_ref().unwrap_or(attempt))?;
    }
    if row.state != DeliveryState::Pending && state != DeliveryState::Delivered {
        delivery::update(&w.conn, key, &row)?;
        return Ok(Settled { state: row.state, released: None });
    }
    row.step = step;
    match due {
        Some(due) => {
            postpone(w, key, row, due)?;
            Ok(Settled { state, released: None })
        }
        None => Ok(Settled { state, released: delivery::end(&w.conn, key, row, state, now)? }),
    }
}

/// Due again, in its place of the order if it has one.
fn postpone(w: &Writer, key: DeliveryKey, mut row: Row, due: Millis) -> Res<()> {
    delivery::unlist(&w.conn, key, &row)?;
    row.due = Some(due);
    delivery::update(&w.conn, key, &row)?;
    let scheduled = match row.okey {
        Some(okey) => order::head(&w.conn, key.endpoint, okey)? != Some(key.event),
        None => false,
    };
    let entry = delivery::due_entry(key, &row, due, scheduled);
    delivery::add_due(&w.conn, key, &entry)
}
