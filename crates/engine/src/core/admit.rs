//! Admission: each new delivery gets its place while its batch is built, and enters its lane when the batch is on
//! disk (DESIGN 2.2).

use std::sync::Arc;
use std::sync::atomic::Ordering as Atomic;
use std::time::Duration;

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{Ordinal, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{
    Append, Change, EventFlags, EventOutcome, NewDelivery, NewEvent, Place, StoredEvent, WaitingFanout,
};
use smallvec::SmallVec;

use super::Core;
use super::body::EventBody;
use super::lane::Item;
use super::message::{AppendReply, AppendRequest};
use crate::accept::{Draft, FANOUT_WEIGHT, Match};

/// With more deliveries than this in one request, those of all its events are written after the answer.
pub(crate) const REQUEST_FANOUT_ABOVE: usize = 1_024;

type Places = SmallVec<[Place; 2]>;

/// An append on its way to the disk.
pub(crate) struct Admitted {
    pub request: AppendRequest,
    first: Ordinal,
    /// For each draft the places of its matches.
    places: Vec<Places>,
    /// The drafts of which deliveries follow.
    after: Vec<After>,
    now: Millis,
}

/// Deliveries of one draft that follow their event.
#[derive(Clone, Copy)]
struct After {
    index: usize,
    total: u32,
    ordered: bool,
}

/// What a request brought, for the statistics of its project.
#[derive(Default)]
struct Counted {
    events: u64,
    deliveries: u64,
    held: u64,
}

impl Counted {
    fn add(&mut self, places: &Places, after: Option<After>) {
        self.events += 1;
        self.deliveries += places.len() as u64 + after.map_or(0, |after| u64::from(after.total));
        self.held += places.iter().filter(|place| matches!(place, Place::Held)).count() as u64;
    }
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
    pub(crate) fn admit(&mut self, mut request: AppendRequest, now: Millis) -> (Append, Admitted) {
        let first = self.ordinals.take(now, request.drafts.len());
        let test = request.test.is_some();
        let crowd = crowd(&request);
        let mut places = Vec::with_capacity(request.drafts.len());
        let mut events = Vec::with_capacity(request.drafts.len());
        let mut after = Vec::new();
        for (index, draft) in request.drafts.iter_mut().enumerate() {
            let ordinal = Ordinal(first.0 + index as i64);
            self.postpone(draft, crowd);
            if !draft.after.endpoints.is_empty() {
                after.push(self.expect_fanout(index, draft));
            }
            let here: Places =
                draft.matches.iter().map(|one| self.place(one, draft.deliver_at, now, test)).collect();
            let fresh = here.iter().filter(|place| matches!(place, Place::Lane)).count();
            if fresh > 0 {
                self.low_water.add(ordinal, fresh as u32);
            } else {
                self.low_water.pass(ordinal);
            }
            events.push(new_event(draft, ordinal, &here, now));
            places.push(here);
        }
        let append = Append { idempotency: request.mark, events };
        (append, Admitted { request, first, places, after, now })
    }

    /// Takes out what is written after the event: all but ordered deliveries where the request has very many, and
    /// ordered ones where earlier ones of the tenant are not written yet, which they must not overtake (DESIGN 4.4).
    fn postpone(&self, draft: &mut Draft, crowd: Crowd) {
        let behind = self.fanouts.is_behind(draft.routes.tenant);
        if !behind && crowd == Crowd::None {
            return;
        }
        let after = &mut draft.after;
        draft.matches.retain(|one| {
            let stays = match one.order {
                None => crowd == Crowd::None,
                Some(_) => !behind && crowd != Crowd::Ordered,
            };
            if !stays {
                after.endpoints.push(one.plan.key, one.ordering());
                after.ordered |= one.order.is_some();
            }
            stays
        });
    }

    fn expect_fanout(&mut self, index: usize, draft: &Draft) -> After {
        let (total, ordered) = (draft.after.endpoints.len(), draft.after.ordered);
        self.fanouts.expect(draft.routes.tenant, ordered);
        self.shared.gauges.fanout_matches.fetch_add(total as usize + FANOUT_WEIGHT, Atomic::Relaxed);
        After { index, total, ordered }
    }

    /// Whether a request would have to wait behind fan-outs while too much waits for that already.
    pub(crate) fn has_no_room_behind(&self, request: &AppendRequest) -> bool {
        let behind = |draft: &Draft| {
            self.fanouts.is_behind(draft.routes.tenant) && draft.matches.iter().any(|one| one.order.is_some())
        };
        request.drafts.iter().any(behind)
            && self.shared.gauges.fanout_matches.load(Atomic::Relaxed) > self.shared.settings.fanout_matches
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
        let own = self.owns(one.plan.key);
        self.for_others |= !own;
        let scheduled = deliver_at.filter(|at| *at > now);
        // The lane may know a newer plan than the match; the routing check decides which one holds.
        if !one.plan.enabled {
            return Place::Held;
        }
        match (one.order, scheduled) {
            (Some(key), Some(due)) => Place::Scheduled { key, due },
            (Some(key), None) => Place::Ordered { key, due: now },
            (None, Some(due)) => Place::Due(due),
            (None, None) if !own => Place::Due(now),
            (None, None) => {
                let seq = self.committed_seq + 1;
                let lane = self.lane(&one.plan, now);
                if lane.reserve() {
                    Place::Lane
                } else {
                    lane.stored.spill(seq);
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
        let Admitted { request, first, places, after, now: accepted_at } = admitted;
        self.shared.gauges.queue_bytes.fetch_sub(request.bytes, Atomic::Relaxed);
        let mut test = request.test;
        let world = request.drafts.first().map(Draft::world);
        let mut counted = Counted::default();
        self.shared
            .metrics
            .accepted
            .inc_by(outcomes.iter().filter(|outcome| !outcome.repeated).count() as u64);
        let repeated: SmallVec<[bool; 4]> = outcomes.iter().map(|outcome| outcome.repeated).collect();
        // The answer goes out first: the caller need not wait for the lanes.
        let _ = request.reply.send(AppendReply::Appended(outcomes));
        let mut after = after.into_iter().peekable();
        for (index, (draft, places)) in request.drafts.into_iter().zip(places).enumerate() {
            let ordinal = Ordinal(first.0 + index as i64);
            let after = after.next_if(|after| after.index == index);
            let tenant = draft.routes.tenant;
            if repeated.get(index).copied().unwrap_or(true) {
                self.release_event(&draft, ordinal, &places);
                if let Some(after) = after {
                    self.release_after(tenant, after, now);
                }
                continue;
            }
            if !draft.flags.test {
                counted.add(&places, after);
            }
            if let Some(After { total, ordered, .. }) = after {
                self.push_fanout(&WaitingFanout { event: ordinal, tenant, ordered, total, done: 0 });
            }
            self.hand_over_event(draft, ordinal, &places, test.take(), seq, accepted_at, now);
        }
        if let Some(world) = world.filter(|_| counted.events > 0) {
            let at = self.shared.time.shown(accepted_at);
            let Counted { events, deliveries, held } = counted;
            self.shared.project_stats.accepted(world, at, events, deliveries, held);
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
        let in_memory = places.iter().any(|place| matches!(place, Place::Lane));
        let body = in_memory.then(|| {
            let content = Arc::new(stored_event(&draft, ordinal, accepted_at));
            EventBody::new(content, &self.shared.bodies)
        });
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
                    late: false,
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
                if !self.owns(one.plan.key) {
                    return self.hand_on(one, event, now);
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

    /// Its slot was given up while it was committed: its next owner finds it in the due index. Where others took the slot
    /// over, its lane is gone, and they have found it.
    fn hand_on(&mut self, one: &Match, event: Ordinal, now: Millis) {
        if let Some(lane) = self.lanes.get_mut(&one.plan.key) {
            lane.release();
            let delivery = DeliveryKey { event, endpoint: one.plan.key };
            self.pending.push_change(Change::Index { delivery, due: now }, None);
        } else {
            self.low_water.remove(event);
        }
    }

    /// Nothing of an append was written.
    pub(crate) fn refuse(&mut self, admitted: Admitted, reply: AppendReply, now: Millis) {
        self.release_places(&admitted, now);
        self.shared.gauges.queue_bytes.fetch_sub(admitted.request.bytes, Atomic::Relaxed);
        let _ = admitted.request.reply.send(reply);
    }

    pub(crate) fn release_places(&mut self, admitted: &Admitted, now: Millis) {
        for after in &admitted.after {
            if let Some(draft) = admitted.request.drafts.get(after.index) {
                self.release_after(draft.routes.tenant, *after, now);
            }
        }
        for (index, (draft, places)) in admitted.request.drafts.iter().zip(&admitted.places).enumerate() {
            self.release_event(draft, Ordinal(admitted.first.0 + index as i64), places);
        }
    }

    fn release_after(&mut self, tenant: TenantKey, after: After, now: Millis) {
        self.shared.gauges.fanout_matches.fetch_sub(after.total as usize, Atomic::Relaxed);
        self.fanout_ended(tenant, after.ordered, now);
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

/// How many deliveries a request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crowd {
    /// No more than are written with their events.
    None,
    /// Too many, but not of those with a place in an order.
    Unordered,
    /// Too many even of those.
    Ordered,
}

fn crowd(request: &AppendRequest) -> Crowd {
    if request.deliveries() <= REQUEST_FANOUT_ABOVE {
        Crowd::None
    } else if request.ordered() <= REQUEST_FANOUT_ABOVE {
        Crowd::Unordered
    } else {
        Crowd::Ordered
    }
}

fn new_event(draft: &mut Draft, ordinal: Ordinal, places: &Places, now: Millis) -> NewEvent {
    let deliveries = draft
        .matches
        .iter()
        .zip(places)
        .map(|(one, place)| NewDelivery { endpoint: one.plan.key, place: *place })
        .collect();
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
        fanout: std::mem::take(&mut draft.after),
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
