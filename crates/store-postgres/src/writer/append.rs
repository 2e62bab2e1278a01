//! Deciding what becomes of appended events, and what the whole commit leaves.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::Ordinal;
use postrider_store::{
    Append, AppendOutcome, ChangeOutcome, EventFlags, EventOutcome, NewDelivery, NewEvent, Place, Settled,
    Signal,
};

use super::first::Found;
use super::idempotency::{Known, Seen};
use super::ledger::{Ledger, Row};
use super::order::{self, Firsts, Item, Lines};
use super::work::{Work, class_of, world_of};
use super::{change, settle};
use crate::fault::Res;
use crate::memory::LaneEvent;
use crate::store::Membership;

/// What becomes of the appends.
pub(super) struct Decided<'a> {
    pub(super) outcomes: Vec<AppendOutcome>,
    /// Events to write.
    pub(super) events: Vec<&'a NewEvent>,
    /// Events with deliveries in lanes, to be remembered once they are committed.
    pub(super) lane_events: Vec<LaneEvent>,
}

/// What the items of a commit leave.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) ledger: Ledger,
    pub(super) lines: Lines,
    pub(super) settles: Vec<Settled>,
    pub(super) changes: Vec<ChangeOutcome>,
    pub(super) signals: Vec<Signal>,
}

/// The outcome of an event that is new.
pub(super) fn new_outcome(event: &NewEvent) -> EventOutcome {
    let deliveries = u32::try_from(event.deliveries.len()).unwrap_or(u32::MAX);
    let deliveries = deliveries.saturating_add(event.fanout.endpoints.len());
    EventOutcome { ordinal: event.ordinal, deliveries, repeated: false }
}

/// Decides every append, one after the other; one that is refused leaves nothing behind.
pub(super) fn decide<'a>(work: &Work<'a>, found: &mut Found) -> Res<Decided<'a>> {
    let mut decided = Decided { outcomes: Vec::new(), events: Vec::new(), lane_events: Vec::new() };
    for append in work.appends {
        let savepoint = found.keys.savepoint();
        let (outcome, known) = check(found, append);
        match &outcome {
            AppendOutcome::Appended(outcomes) if !known => {
                let new = append.events.iter().zip(outcomes).filter(|(_, outcome)| !outcome.repeated);
                decided.events.extend(new.map(|(event, _)| event));
            }
            AppendOutcome::Appended(_) => {}
            AppendOutcome::StaleRouting | AppendOutcome::Conflict(_) => found.keys.roll_back_to(savepoint),
        }
        decided.outcomes.push(outcome);
    }
    Ok(decided)
}

/// The outcome of one append, and whether its whole request was answered before.
fn check(found: &mut Found, append: &Append) -> (AppendOutcome, bool) {
    let request = append.idempotency.as_ref().zip(append.events.first());
    if let Some((mark, first)) = request {
        match found.keys.look_up(world_of(first), mark) {
            Known::Same(seen) => return (AppendOutcome::Appended(seen.outcomes()), true),
            Known::Conflict => return (AppendOutcome::Conflict(None), false),
            Known::New => {}
        }
    }
    let mut outcomes = Vec::with_capacity(append.events.len());
    for (index, event) in append.events.iter().enumerate() {
        let new = new_outcome(event);
        let outcome = match &event.idempotency {
            None => new,
            Some(mark) => match found.keys.look_up(world_of(event), mark) {
                Known::Conflict => return (AppendOutcome::Conflict(Some(index)), false),
                Known::Same(seen) => seen.outcomes().first().copied().unwrap_or(new),
                Known::New => {
                    found.keys.add(world_of(event), mark, Seen::of(mark, false, &[new]));
                    new
                }
            },
        };
        if !outcome.repeated && found.routing.get(&event.tenant.0) != Some(&event.routing) {
            return (AppendOutcome::StaleRouting, false);
        }
        outcomes.push(outcome);
    }
    if let Some((mark, first)) = request {
        found.keys.add(world_of(first), mark, Seen::of(mark, true, &outcomes));
    }
    (AppendOutcome::Appended(outcomes), false)
}

impl Decided<'_> {
    /// Goes through the items in their order: appends, fan-outs, settles, changes.
    pub(super) fn apply(&mut self, work: &Work<'_>, found: &mut Found, me: Membership) -> Outcome {
        let mut outcome = Outcome { ledger: std::mem::take(&mut found.ledger), ..Outcome::default() };
        outcome.begin();
        for event in &self.events {
            let new = Row::new(event.tenant.0, class_of(event), event.flags);
            let in_lane = outcome.deliver(work, found, event.ordinal, &event.deliveries, &new);
            if in_lane {
                self.lane_events.push(lane_event(event.ordinal, &new));
            }
        }
        for chunk in work.fanouts {
            let Some(known) = found.fanouts.get(&chunk.event.0).copied() else { continue };
            let new = Row::new(known.tenant, known.class, known.flags);
            if !me.alone && chunk.event.node() != me.number {
                // Of another node's event nobody would know after a crash that it was in this one's lanes: the number in
                // its id is the other's. It is written down, and its settle finds that.
                let written: Vec<NewDelivery> =
                    chunk.deliveries.iter().map(|new| indexed(new, work)).collect();
                outcome.deliver(work, found, chunk.event, &written, &new);
                continue;
            }
            if outcome.deliver(work, found, chunk.event, &chunk.deliveries, &new) {
                self.lane_events.push(lane_event(chunk.event, &new));
            }
        }
        outcome.settle(work, found);
        for (index, item) in work.changes.iter().enumerate() {
            let Outcome { ledger, lines, signals, .. } = &mut outcome;
            let done = change::change(found, ledger, lines, signals, index, item);
            outcome.changes.push(done);
        }
        outcome
    }
}

/// In the due index and not in a lane.
fn indexed(new: &NewDelivery, work: &Work<'_>) -> NewDelivery {
    match new.place {
        Place::Lane => NewDelivery { place: Place::Due(work.now), ..*new },
        _ => *new,
    }
}

fn lane_event(event: Ordinal, row: &Row) -> LaneEvent {
    LaneEvent { event: event.0, tenant: row.tenant, class: row.class, flags: row.flags }
}

impl Outcome {
    /// Who stands in the lines that the ledger knows of.
    fn begin(&mut self) {
        for (key, row) in &self.ledger.rows {
            if let (Some(okey), Some(place)) = (row.okey, row.place) {
                let line = self.lines.before.entry((key.endpoint.0, okey)).or_default();
                line.insert(place, key.event.0);
            }
        }
    }

    /// Puts new deliveries to their places; says whether one went to a lane. Of those nothing is written, so they are in
    /// the ledger only where something of the batch asks for them.
    fn deliver(
        &mut self,
        work: &Work<'_>,
        found: &mut Found,
        event: Ordinal,
        deliveries: &[NewDelivery],
        new: &Row,
    ) -> bool {
        let mut in_lane = false;
        for delivery in deliveries {
            let key = DeliveryKey { event, endpoint: delivery.endpoint };
            let mut row = new.clone();
            match delivery.place {
                Place::Lane => {
                    in_lane = true;
                    if !work.asks_for(key) {
                        continue;
                    }
                }
                Place::Due(due) => row.postpone(due.0, 0),
                Place::Held => {
                    row.end(DeliveryState::Held);
                }
                Place::Ordered { key: okey, due } => {
                    let place = found.next_place();
                    let okey = okey.cast_signed();
                    (row.okey, row.place, row.enters) = (Some(okey), Some(place), true);
                    row.postpone(due.0, 0);
                    self.lines.enters((key.endpoint.0, okey), place, event, None);
                }
                Place::Scheduled { key: okey, due } => {
                    (row.okey, row.scheduled) = (Some(okey.cast_signed()), true);
                    row.postpone(due.0, 0);
                }
            }
            self.ledger.rows.insert(key, row);
        }
        in_lane
    }

    fn settle(&mut self, work: &Work<'_>, found: &Found) {
        self.settles =
            work.settles.iter().map(|one| super::settled(super::fresh::state_of(one.next))).collect();
        for index in &work.slow {
            let one = work.settles[*index];
            let erased = found.erased.contains(&one.delivery.event.0);
            self.settles[*index] = settle::settle(&mut self.ledger, &mut self.lines, *index, one, erased);
        }
    }

    /// The answers, now that it is known who is first in the lines.
    pub(super) fn answers(mut self, firsts: &Firsts) -> (Vec<Settled>, Vec<ChangeOutcome>) {
        let answers = self.lines.answers(firsts);
        for (item, next) in answers.released {
            match item {
                Item::Settle(index) => self.settles[index].released = Some(next),
                Item::Change(index) => order::answer(&mut self.changes[index], next),
            }
        }
        for index in answers.parked {
            self.changes[index] = ChangeOutcome::Parked;
        }
        (self.settles, self.changes)
    }
}

/// What sets an event apart, as its column has it.
pub(super) fn flags_code(flags: EventFlags) -> i16 {
    i16::try_from(flags.code()).unwrap_or_default()
}
