//! Admission: each new delivery gets its place while its batch is built, and enters its lane when the batch is on
//! disk (DESIGN 2.2).

use std::sync::Arc;
use std::sync::atomic::Ordering as Atomic;
use std::time::Duration;

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{Append, EventFlags, EventOutcome, NewDelivery, NewEvent, Place, StoredEvent};
use smallvec::SmallVec;

use super::Core;
use super::body::EventBody;
use super::fanout::Fanout;
use super::lane::Item;
use super::message::{AppendReply, AppendRequest};
use crate::accept::{Draft, Match};

/// Above this many matches the deliveries are written after the answer (DESIGN 2.1).
const FANOUT_ABOVE: usize = 64;
/// With more deliveries than this in one request, those of all its events are written after the answer.
pub(crate) const REQUEST_FANOUT_ABOVE: usize = 1_024;

type Places = SmallVec<[Place; 2]>;

/// An append on its way to the disk.
pub(crate) struct Admitted {
    pub request: AppendRequest,
    first: Ordinal,
    /// For each draft the places of its matches; empty where a fan-out follows.
    places: Vec<Places>,
    now: Millis,
}

/// An event whose deliveries go to their lanes.
#[derive(Clone, Copy)]
pub(crate) struct Handed<'a> {
    pub event: Ordinal,
    pub flags: EventFlags,
    /// `None` where no delivery goes to a lane.
    pub body: Option<&'a Arc<EventBody>>,
    /// The commit that wrote them.
    pub seq: u64,
    pub now: Millis,
}

impl Core {
    /// Gives every event its ordinal and every delivery its place.
    pub(crate) fn admit(&mut self, request: AppendRequest, now: Millis) -> (Append, Admitted) {
        let first = self.ordinals.take(now, request.drafts.len());
        let test = request.test.is_some();
        let wide_above = if request.deliveries() > REQUEST_FANOUT_ABOVE { 0 } else { FANOUT_ABOVE };
        let mut places = Vec::with_capacity(request.drafts.len());
        let mut events = Vec::with_capacity(request.drafts.len());
        for (index, draft) in request.drafts.iter().enumerate() {
            let ordinal = Ordinal(first.0 + index as i64);
            let wide = draft.matches.len() > wide_above;
            let here: Places = if wide {
                Places::new()
            } else {
                draft.matches.iter().map(|one| self.place(one, draft.deliver_at, now, test)).collect()
            };
            let fresh = here.iter().filter(|place| matches!(place, Place::Lane)).count();
            if fresh > 0 {
                self.low_water.add(ordinal, fresh as u32);
            } else {
                self.low_water.pass(ordinal);
            }
            events.push(new_event(draft, ordinal, &here, wide, now));
            places.push(here);
        }
        let append = Append { idempotency: request.mark, events };
        (append, Admitted { request, first, places, now })
    }

    /// Where a delivery goes.
    pub(crate) fn place(
        &mut self,
        one: &Match,
        deliver_at: Option<Millis>,
        now: Millis,
        test: bool,
    ) -> Place {
        if test {
            return Place::Lane;
        }
        let scheduled = deliver_at.filter(|at| *at > now);
        // The lane may know a newer plan than the match; the routing check decides which one holds.
        if !one.plan.enabled {
            return Place::Held;
        }
        match (one.order, scheduled) {
            (Some(key), Some(due)) => Place::Scheduled { key, due },
            (Some(key), None) => Place::Ordered { key, due: now },
            (None, Some(due)) => Place::Due(due),
            (None, None) => {
                let seq = self.committed_seq + 1;
                let lane = self.lane(&one.plan, now);
                if lane.reserve() {
                    Place::Lane
                } else {
                    lane.spill(seq);
                    Place::Due(now)
                }
            }
        }
    }

    /// The append is on disk: answer, then hand the deliveries to their lanes.
    pub(crate) fn hand_over(
        &mut self,
        admitted: Admitted,
        outcomes: Vec<EventOutcome>,
        seq: u64,
        now: Millis,
    ) {
        let Admitted { request, first, places, now: accepted_at } = admitted;
        self.shared.gauges.queue_bytes.fetch_sub(request.bytes, Atomic::Relaxed);
        let mut test = request.test;
        self.shared
            .metrics
            .accepted
            .inc_by(outcomes.iter().filter(|outcome| !outcome.repeated).count() as u64);
        let repeated: SmallVec<[bool; 4]> = outcomes.iter().map(|outcome| outcome.repeated).collect();
        // The answer goes out first: the caller need not wait for the lanes.
        let _ = request.reply.send(AppendReply::Appended(outcomes));
        for (index, (draft, places)) in request.drafts.into_iter().zip(places).enumerate() {
            let ordinal = Ordinal(first.0 + index as i64);
            if repeated.get(index).copied().unwrap_or(true) {
                self.release_event(&draft, ordinal, &places);
                continue;
            }
            self.hand_over_event(draft, ordinal, &places, test.take(), seq, accepted_at, now);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one admitted event, taken apart here only")]
    fn hand_over_event(
        &mut self,
        draft: Draft,
        ordinal: Ordinal,
        places: &Places,
        test: Option<super::dispatch::TestReply>,
        seq: u64,
        accepted_at: Millis,
        now: Millis,
    ) {
        let wide = places.is_empty() && !draft.matches.is_empty();
        let in_memory = wide || places.iter().any(|place| matches!(place, Place::Lane));
        let body = in_memory.then(|| {
            let content = Arc::new(stored_event(&draft, ordinal, accepted_at));
            EventBody::new(content, &self.shared.bodies)
        });
        if wide {
            self.fanouts.push(Fanout::new(ordinal, body, draft));
            return;
        }
        let event = Handed { event: ordinal, flags: draft.flags, body: body.as_ref(), seq, now };
        let mut test = test;
        for (one, place) in draft.matches.iter().zip(places) {
            self.hand_over_delivery(one, *place, &event, test.take());
        }
    }

    pub(crate) fn hand_over_delivery(
        &mut self,
        one: &Match,
        place: Place,
        handed: &Handed<'_>,
        test: Option<super::dispatch::TestReply>,
    ) {
        let Handed { event, flags, body, seq, now } = *handed;
        match place {
            Place::Lane => {
                let item = Item {
                    event,
                    body: body.filter(|_| self.shared.bodies.left() > 0).cloned(),
                    fresh: true,
                    due: now,
                    step: 0,
                    attempts: 0,
                    first_attempt_at: None,
                    key: None,
                    flags,
                };
                if let Some(test) = test {
                    self.start_test(&one.plan, item, test);
                    return;
                }
                let lane = self.lane(&one.plan, now);
                lane.prove(&one.plan);
                lane.push_fresh(item);
                lane.touched_at = now;
                if lane.plan.enabled {
                    self.pump(one.plan.key, now);
                } else {
                    self.hold_queue(one.plan.key, now);
                }
            }
            Place::Due(due) | Place::Scheduled { due, .. } => self.note_due(one.plan.key, due, seq, now),
            // Head or parked, the loader will see which.
            Place::Ordered { due, .. } => self.note_due(one.plan.key, due, seq, now),
            Place::Held => {}
        }
    }

    /// Nothing of an append was written.
    pub(crate) fn refuse(&mut self, admitted: Admitted, reply: AppendReply) {
        self.release_places(&admitted);
        self.shared.gauges.queue_bytes.fetch_sub(admitted.request.bytes, Atomic::Relaxed);
        let _ = admitted.request.reply.send(reply);
    }

    pub(crate) fn release_places(&mut self, admitted: &Admitted) {
        for (index, (draft, places)) in admitted.request.drafts.iter().zip(&admitted.places).enumerate() {
            self.release_event(draft, Ordinal(admitted.first.0 + index as i64), places);
        }
    }

    fn release_event(&mut self, draft: &Draft, ordinal: Ordinal, places: &Places) {
        for (one, place) in draft.matches.iter().zip(places) {
            self.release_place(one, *place, ordinal, draft.flags.test);
        }
    }

    pub(crate) fn release_place(&mut self, one: &Match, place: Place, event: Ordinal, test: bool) {
        if let Place::Lane = place {
            self.low_water.remove(event);
            if !test && let Some(lane) = self.lanes.get_mut(&one.plan.key) {
                lane.release();
                if lane.is_unproven() {
                    self.plan(one.plan.key);
                }
            }
        }
    }
}

fn new_event(draft: &Draft, ordinal: Ordinal, places: &Places, wide: bool, now: Millis) -> NewEvent {
    let deliveries = draft
        .matches
        .iter()
        .zip(places)
        .map(|(one, place)| NewDelivery { endpoint: one.plan.key, place: *place })
        .collect();
    let fanout = if wide { draft.matches.iter().map(|one| one.plan.key).collect() } else { Vec::new() };
    NewEvent {
        ordinal,
        project: draft.project.project.key,
        mode: draft.mode,
        tenant: draft.routes.tenant,
        routing: draft.routes.version,
        kind: draft.kind_key,
        timestamp: draft.timestamp.unwrap_or(now),
        data: draft.data.clone(),
        changes: draft.changes.clone(),
        attributes: draft.attributes.clone(),
        ordering_key: draft.ordering_key.clone(),
        deliver_at: draft.deliver_at,
        idempotency: draft.idempotency,
        flags: draft.flags,
        retention_days: draft.project.retention_days,
        deliveries,
        fanout,
    }
}

fn stored_event(draft: &Draft, ordinal: Ordinal, accepted_at: Millis) -> StoredEvent {
    StoredEvent {
        ordinal,
        project: draft.project.project.key,
        mode: draft.mode,
        tenant: draft.routes.tenant,
        tenant_id: Arc::clone(&draft.routes.tenant_id),
        kind: Arc::clone(&draft.kind),
        timestamp: draft.timestamp.unwrap_or(accepted_at),
        data: draft.data.clone(),
        changes: draft.changes.clone(),
        attributes: draft.attributes.clone(),
        flags: draft.flags,
        expires_at: accepted_at + Duration::from_secs(u64::from(draft.project.retention_days) * 86_400),
    }
}
