//! Appending accepted events.

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{Append, AppendOutcome, EventOutcome, NewEvent};
use rusqlite::params;

use super::hot::Hot;
use super::idempotency::{Known, Seen, look_up, request_outcomes};
use super::{Writer, delivery, fanout, request};
use crate::fault::Res;
use crate::pack::Marks;

/// Appends one request's events, all or none. What it checks it checks before it writes.
pub(crate) fn append(w: &Writer, hot: &mut Hot<'_>, now: Millis, append: &Append) -> Res<AppendOutcome> {
    let savepoint = w.memory.borrow().recent.savepoint();
    let Checked { outcome, known } = check(w, now, append)?;
    match &outcome {
        AppendOutcome::Appended(_) if known => {}
        AppendOutcome::Appended(outcomes) => write(w, hot, now, append, outcomes)?,
        AppendOutcome::StaleRouting | AppendOutcome::Conflict(_) => {
            w.memory.borrow_mut().recent.roll_back_to(savepoint);
        }
    }
    Ok(outcome)
}

fn world(event: &NewEvent) -> i64 {
    event.project.0 * 2 + event.mode.bit()
}

/// What becomes of an append, and whether its whole request was answered before.
struct Checked {
    outcome: AppendOutcome,
    known: bool,
}

impl From<AppendOutcome> for Checked {
    fn from(outcome: AppendOutcome) -> Self {
        Self { outcome, known: false }
    }
}

/// Decides every event's outcome. New keys are remembered at once, so that a key given twice is noticed.
fn check(w: &Writer, now: Millis, append: &Append) -> Res<Checked> {
    let mut memory = w.memory.borrow_mut();
    if let (Some(mark), Some(first)) = (&append.idempotency, append.events.first()) {
        match look_up(&w.conn, &memory.recent, world(first), mark, now)? {
            Known::Same(seen) => {
                let outcome = AppendOutcome::Appended(request_outcomes(&w.conn, &seen)?);
                return Ok(Checked { outcome, known: true });
            }
            Known::Conflict => return Ok(AppendOutcome::Conflict(None).into()),
            Known::New => {}
        }
        if memory.requests
            && let Some(outcome) = request::look_up(&w.conn, world(first), mark, now)?
        {
            return Ok(Checked { outcome, known: true });
        }
    }
    let mut outcomes = Vec::with_capacity(append.events.len());
    for (index, event) in append.events.iter().enumerate() {
        let deliveries = u32::try_from(event.deliveries.len()).unwrap_or(u32::MAX);
        let deliveries = deliveries.saturating_add(event.fanout.endpoints.len());
        let new = EventOutcome { ordinal: event.ordinal, deliveries, repeated: false };
        let outcome = match &event.idempotency {
            None => new,
            Some(mark) => match look_up(&w.conn, &memory.recent, world(event), mark, now)? {
                Known::Conflict => return Ok(AppendOutcome::Conflict(Some(index)).into()),
                Known::Same(seen) => {
                    EventOutcome { ordinal: seen.event, deliveries: seen.deliveries, repeated: true }
                }
                Known::New => {
                    let seen = Seen { body: mark.body, event: event.ordinal, count: 0, deliveries };
                    memory.recent.add(world(event), mark, seen);
                    new
                }
            },
        };
        if !outcome.repeated && memory.routing(&w.conn, event.tenant)? != Some(event.routing) {
            return Ok(AppendOutcome::StaleRouting.into());
        }
        outcomes.push(outcome);
    }
    Ok(AppendOutcome::Appended(outcomes).into())
}

fn write(w: &Writer, hot: &mut Hot<'_>, now: Millis, append: &Append, outcomes: &[EventOutcome]) -> Res<()> {
    // A request's mark is kept with the first of its events that is written.
    let mut request = append.idempotency.as_ref();
    for (event, outcome) in append.events.iter().zip(outcomes) {
        if outcome.repeated {
            continue;
        }
        let mut marks = Marks { own: event.idempotency, request: None };
        if let Some(mark) = request.take() {
            let ordinals: Vec<Ordinal> = outcomes.iter().map(|outcome| outcome.ordinal).collect();
            let count = u32::try_from(ordinals.len()).unwrap_or(u32::MAX);
            let seen = Seen { body: mark.body, event: event.ordinal, count, deliveries: outcome.deliveries };
            w.memory.borrow_mut().recent.add(world(event), mark, seen);
            marks.request = Some((*mark, ordinals));
        }
        insert(w, hot, event, outcome, &marks)?;
        if marks.own.is_some() || marks.request.is_some() {
            w.memory.borrow_mut().recent.spill(&w.conn, world(event), &marks)?;
        }
    }
    if let (Some(mark), Some(first)) = (request, append.events.first()) {
        request::keep(w, world(first), mark, outcomes, now)?;
    }
    Ok(())
}

fn insert(w: &Writer, hot: &mut Hot<'_>, event: &NewEvent, outcome: &EventOutcome, marks: &Marks) -> Res<()> {
    let idem = (marks.own.is_some() || marks.request.is_some()).then(|| marks.encode());
    hot.insert_event.execute(params![
        event.ordinal.0,
        world(event),
        event.tenant.0,
        event.kind.0,
        event.flags.code(),
        event.retention_days,
        outcome.deliveries,
        event.timestamp.0,
        event.deliver_at.map(|at| at.0),
        idem,
        event.ordering_key,
        event.attributes.as_deref(),
        event.changes.as_deref(),
        &event.data[..],
    ])?;
    {
        let mut memory = w.memory.borrow_mut();
        memory.highest = memory.highest.max(event.ordinal);
        memory.know_class(&w.conn, event.retention_days)?;
    }
    for new in &event.deliveries {
        delivery::insert(w, hot, event.ordinal, new)?;
    }
    if !event.fanout.endpoints.is_empty() {
        fanout::insert(&w.conn, event.ordinal, &event.fanout)?;
    }
    Ok(())
}
