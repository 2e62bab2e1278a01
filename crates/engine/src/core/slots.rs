//! Slots that come and go while the core runs (DESIGN 6): only the owner of a slot makes its deliveries.

use std::collections::BTreeMap;
use std::time::Duration;

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{EndpointKey, Ordinal, OrdinalSource};
use postrider_model::slot::{NodeNumber, Slot, SlotSet};
use postrider_model::time::Millis;
use postrider_store::{Change, StoreError, SweepInto, WaitingFanout};
use tokio::sync::oneshot;

use super::Core;
use super::fanout::Fanouts;
use super::lane::Item;
use super::low_water::LowWater;

/// What fell due longer ago than this is looked at once more.
const OVERDUE: Duration = Duration::from_secs(10);

/// Where this node stands among the others.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// The slots that are its own.
    owned: SlotSet,
    /// Slots that it gives up, of which something is still in memory or in flight.
    leaving: SlotSet,
    /// Slots that it is about to own.
    claimed: SlotSet,
    /// What this node's commits wrote for those since the claim began, by endpoint the first that falls due: no news to
    /// itself, and perhaps not visible yet when the claim read what waits.
    written: BTreeMap<EndpointKey, Millis>,
    /// When slots were taken over from other nodes, by slot; none where the store is this process's own.
    taken_over: BTreeMap<Slot, Millis>,
    /// Others took over what it had: everything is void once the commit on its way has ended.
    fenced: Vec<oneshot::Sender<()>>,
}

impl Standing {
    /// Of a node with these slots.
    pub(crate) fn new(owned: SlotSet) -> Self {
        Self { owned, ..Self::default() }
    }

    /// These slots are being claimed. Those of an earlier claim that came to nothing are read anew.
    pub(crate) fn claim(&mut self, slots: SlotSet) {
        self.claimed = slots;
        self.written.clear();
    }

    /// A commit wrote a row in the due index for an endpoint that is not this node's, or not yet.
    pub(crate) fn wrote(&mut self, endpoint: EndpointKey, due: Millis) {
        if self.claimed.has(endpoint) {
            let first = self.written.entry(endpoint).or_insert(due);
            *first = due.min(*first);
        }
    }

    /// The claim has come to its end.
    fn claimed(&mut self) -> BTreeMap<EndpointKey, Millis> {
        self.claimed = SlotSet::EMPTY;
        std::mem::take(&mut self.written)
    }

    /// When an endpoint was taken over from another node.
    pub(crate) fn taken_over(&self, endpoint: EndpointKey) -> Option<Millis> {
        self.taken_over.get(&Slot::of(endpoint)).copied()
    }
}

impl Core {
    /// Whether this node makes the deliveries of an endpoint.
    pub(crate) fn owns(&self, endpoint: EndpointKey) -> bool {
        !self.shared.cluster.shared_store || self.standing.owned.has(endpoint)
    }

    fn publish_slots(&self) {
        *self.shared.cluster.owned.write() = self.standing.owned;
    }

    /// Slots are this node's from now on, with what waits in them.
    pub(crate) fn slots_gained(&mut self, slots: SlotSet, backlog: Vec<(EndpointKey, Millis)>, now: Millis) {
        self.standing.owned = self.standing.owned.or(&slots);
        self.standing.leaving = self.standing.leaving.without(&slots);
        self.standing.taken_over.extend(slots.iter().map(|slot| (slot, now)));
        self.publish_slots();
        // Given up a moment ago and not vacated yet: their lanes go on, by a plan that is read anew.
        for endpoint in self.order.clone() {
            if slots.has(endpoint) {
                self.rest(endpoint);
            }
        }
        for (endpoint, due) in backlog.into_iter().chain(self.standing.claimed()) {
            if let Some(lane) = self.lanes.get_mut(&endpoint) {
                lane.stored.wrote_due_unseen();
            } else {
                self.expect(endpoint, due, now);
            }
        }
        self.shared.replays.notify_one();
    }

    /// Lanes read once more what should have begun long ago. As a rule they know of it: it waits for its endpoint.
    pub(crate) fn look_at_overdue(&mut self, backlog: Vec<(EndpointKey, Millis)>, now: Millis) {
        for (endpoint, due) in backlog {
            if !self.owns(endpoint) || now.since(due) < OVERDUE {
                continue;
            }
            match self.lanes.get_mut(&endpoint) {
                None => self.expect(endpoint, due, now),
                Some(lane) if lane.plan.enabled => {
                    lane.stored.wrote_due_unseen();
                    self.pump(endpoint, now);
                }
                // Written beside its sweep, by a node that did not know yet that it was disabled.
                Some(lane) if !lane.stored.sweeping => self.sweep_later(endpoint, SweepInto::Held),
                Some(_) => {}
            }
        }
    }

    /// Slots fall to others: nothing of theirs begins any more, what waits in memory goes to the store, and each is
    /// vacated when what is in flight has ended.
    pub(crate) fn give_slots_up(&mut self, slots: SlotSet, now: Millis) {
        let slots = slots.and(&self.standing.owned);
        self.standing.owned = self.standing.owned.without(&slots);
        self.standing.leaving = self.standing.leaving.or(&slots);
        self.publish_slots();
        self.unplanned.retain(|endpoint, _| !slots.has(*endpoint));
        self.resting.retain(|endpoint| !slots.has(endpoint));
        for endpoint in self.order.clone() {
            if slots.has(endpoint) {
                self.unload(endpoint);
            }
        }
        self.vacate(now);
    }

    /// Takes what waits of a lane out of memory: fresh deliveries go into the due index, the others are there.
    pub(crate) fn unload(&mut self, endpoint: EndpointKey) {
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
        lane.await_plan();
        for Item { event, due, fresh, .. } in lane.drain() {
            if fresh {
                let delivery = DeliveryKey { event, endpoint };
                self.pending.push_change(Change::Index { delivery, due }, None);
            } else {
                lane.forget(event);
            }
        }
    }

    /// Lets go of slots of which nothing is left here.
    pub(crate) fn vacate(&mut self, now: Millis) {
        if self.standing.leaving.is_empty() {
            return;
        }
        let leaving = self.standing.leaving;
        let (mut busy, mut left) = (SlotSet::EMPTY, Vec::new());
        for endpoint in self.order.iter().copied() {
            if leaving.has(endpoint)
                && let Some(lane) = self.lanes.get(&endpoint)
            {
                if lane.has_left() {
                    left.push(endpoint);
                } else {
                    busy.insert(Slot::of(endpoint));
                }
            }
        }
        for endpoint in left {
            if let Some(mut lane) = self.lanes.remove(&endpoint)
                && lane.health_dirty
            {
                let write = lane.health_write(None);
                self.pending.push_health(write, now);
            }
        }
        let waits = self.pending.endpoints().chain(self.commit.iter().flat_map(|commit| commit.endpoints()));
        busy = waits.fold(busy, |mut busy, endpoint| {
            busy.insert(Slot::of(endpoint));
            busy
        });
        let free = leaving.without(&busy);
        if !free.is_empty() {
            self.standing.leaving = busy.and(&leaving);
            self.shared.cluster.vacate(free);
        }
    }

    /// Others took over what this node had. A commit on its way is waited for: it may have come before that.
    pub(crate) fn fenced(&mut self, reply: oneshot::Sender<()>) {
        self.standing.fenced.push(reply);
        self.lose_everything_if_fenced();
    }

    /// Everything in memory is void, but what endpoints have taken: that is told once this node has joined again.
    pub(crate) fn lose_everything_if_fenced(&mut self) {
        if self.standing.fenced.is_empty() || self.commit.is_some() {
            return;
        }
        (self.standing.owned, self.standing.leaving) = (SlotSet::EMPTY, SlotSet::EMPTY);
        self.standing.claim(SlotSet::EMPTY);
        self.publish_slots();
        for lane in self.lanes.values_mut() {
            // Attempts that have not begun see the closed gate.
            lane.await_plan();
        }
        self.lanes.clear();
        self.order.clear();
        self.unplanned.clear();
        self.resting.retain(|_| false);
        self.low_water = LowWater::new(self.ordinals.last());
        self.fanouts = Fanouts::default();
        self.shared.gauges.fanout_matches.store(0, std::sync::atomic::Ordering::Relaxed);
        self.sweeps.clear();
        self.sweeping.clear();
        let lost = || StoreError::Fenced;
        for request in self.pending.take_appends() {
            self.shared.gauges.queue_bytes.fetch_sub(request.bytes, std::sync::atomic::Ordering::Relaxed);
            let _ = request.reply.send(super::AppendReply::Failed(lost()));
        }
        for reply in self.pending.keep_deliveries_made() {
            let _ = reply.send(Err(lost()));
        }
        for reply in self.standing.fenced.drain(..) {
            let _ = reply.send(());
        }
    }

    /// This node joined again and makes ids of its new number.
    pub(crate) fn rejoined(&mut self, highest: Ordinal, number: NodeNumber) {
        self.ordinals = OrdinalSource::of_node(self.ordinals.last().max(highest), number);
        self.low_water = LowWater::new(self.ordinals.last());
        self.failing = false;
    }

    /// Fan-outs of a node that died.
    pub(crate) fn inherit_fanouts(&mut self, fanouts: &[WaitingFanout]) {
        self.resume_fanouts(fanouts);
        self.load_fanouts();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_while_a_claim_is_under_way_is_known_when_it_ends() {
        let (first, second) = (EndpointKey(1), EndpointKey(2));
        assert_ne!(Slot::of(first), Slot::of(second));
        let mut slots = SlotSet::EMPTY;
        slots.insert(Slot::of(first));
        let mut standing = Standing::default();
        standing.wrote(first, Millis(1));
        standing.claim(slots);
        for due in [7, 5, 6] {
            standing.wrote(first, Millis(due));
            standing.wrote(second, Millis(due));
        }
        assert_eq!(standing.claimed(), BTreeMap::from([(first, Millis(5))]));
        standing.wrote(first, Millis(8));
        assert!(standing.claimed().is_empty(), "nothing is claimed any more");
        standing.claim(slots);
        standing.wrote(first, Millis(9));
        standing.claim(slots);
        assert!(standing.claimed().is_empty(), "the new claim reads what the old one would have missed");
    }
}
