//! Starting attempts: what a lane may begin, and whether the node has a place for it (DESIGN 2.3).

use std::sync::Arc;

use postrider_model::delivery::Attempt;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use tokio::sync::oneshot;

use super::Core;
use super::lane::{Item, Items, Turn};
use super::outcome::ENDPOINT_UNAVAILABLE;
use crate::attempt::{self, Begin};
use crate::plan::EndpointPlan;

/// Settles that wait for the disk; beyond it nothing begins.
const MAX_WAITING_SETTLES: usize = 8 * 1_024;

/// Who waits for a test send's attempt.
pub(crate) type TestReply = oneshot::Sender<(Ordinal, Attempt)>;

impl Core {
    /// Lets a lane begin whatever it may.
    pub(crate) fn pump(&mut self, endpoint: EndpointKey, now: Millis) {
        if self.winding_down || !self.owns(endpoint) || self.braked() {
            return;
        }
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.sort_out(now);
        }
        self.give_up_overdue(endpoint, now);
        let slow_places = self.slow_places();
        loop {
            let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
            if lane.waiting {
                break;
            }
            let slow = lane.slow;
            let full = self.in_flight >= self.shared.settings.max_in_flight
                || (slow && self.slow_in_flight >= slow_places);
            if full {
                if !lane.is_empty() {
                    lane.waiting = true;
                    let tenant = lane.plan.tenant;
                    if slow {
                        self.slow_ring.push(tenant, endpoint)
                    } else {
                        self.ring.push(tenant, endpoint)
                    }
                }
                break;
            }
            match lane.turn(now) {
                Turn::Send(items) => {
                    lane.touched_at = now;
                    let begin = Begin {
                        plan: Arc::clone(&lane.plan),
                        gate: Some(Arc::clone(&lane.gate)),
                        slow,
                        url_number: lane.url_number(),
                        items,
                        test: None,
                    };
                    self.begin(begin);
                }
                Turn::Wait(at) => {
                    self.timers.set(endpoint, at);
                    break;
                }
                Turn::Idle => break,
            }
        }
        self.refill(endpoint, now);
    }

    /// Asks the loader for more and sets the lane's timer.
    fn refill(&mut self, endpoint: EndpointKey, now: Millis) {
        let committed_seq = self.committed_seq;
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
        if lane.wants_load(now, committed_seq) {
            lane.stored.loading = true;
            self.load(endpoint, now);
        } else if let Some(at) = lane.wake_at() {
            self.timers.set(endpoint, at);
        }
    }

    /// Nothing begins while commits fail, or while outcomes wait for the disk faster than it takes them: what is sent
    /// then would be kept in memory without bound, and sent once more after a crash.
    fn braked(&mut self) -> bool {
        let braked = self.failing
            || self.pending.settles() >= MAX_WAITING_SETTLES
            || !self.shared.cluster.lease.holds();
        self.held_back |= braked;
        braked
    }

    /// After a commit: lanes that were held back begin again.
    pub(crate) fn release_brake(&mut self, now: Millis) {
        let free = !self.failing && self.pending.settles() < MAX_WAITING_SETTLES;
        if self.held_back && free && self.shared.cluster.lease.holds() {
            self.held_back = false;
            for endpoint in self.order.clone() {
                self.pump(endpoint, now);
            }
        }
    }

    /// Ends what has waited in memory longer than its timetable allows.
    fn give_up_overdue(&mut self, endpoint: EndpointKey, now: Millis) {
        // What waits of one that is switched off is held, and not taken out here to be lost.
        let Some(lane) = self.lanes.get_mut(&endpoint).filter(|lane| lane.plan.enabled) else { return };
        let overdue = lane.overdue(now, self.started_at);
        if overdue.is_empty() {
            return;
        }
        let plan = Arc::clone(&lane.plan);
        for item in overdue {
            self.give_up(&plan, &item, ENDPOINT_UNAVAILABLE, now);
        }
    }

    fn begin(&mut self, begin: Begin) {
        self.in_flight += 1;
        self.slow_in_flight += usize::from(begin.slow);
        self.shared.metrics.attempt_began();
        self.shared.spawner.spawn(Box::pin(attempt::run(Arc::clone(&self.shared), begin)));
    }

    /// A test send: one attempt outside the lane, whatever the endpoint's state (DESIGN 4.4 "Test sends").
    pub(crate) fn start_test(&mut self, plan: &Arc<EndpointPlan>, item: Item, reply: TestReply) {
        let mut items = Items::new();
        items.push(item);
        let plan = Arc::clone(plan);
        self.begin(Begin { plan, gate: None, slow: false, url_number: 0, items, test: Some(reply) });
    }

    /// A place on the node is free: waiting lanes take it, in their turn.
    pub(crate) fn place_freed(&mut self, slow: bool, now: Millis) {
        self.in_flight -= 1;
        self.slow_in_flight -= usize::from(slow);
        self.shared.metrics.attempt_over();
        // A lane whose turn comes may have nothing to send by now, so the place is offered until it is taken. It
        // ends: a lane goes back into its ring only when its kind of place is used up.
        while self.in_flight < self.shared.settings.max_in_flight {
            let slow_room = self.slow_in_flight < self.slow_places();
            let next = self.ring.pop().or_else(|| if slow_room { self.slow_ring.pop() } else { None });
            let Some(endpoint) = next else { break };
            if let Some(lane) = self.lanes.get_mut(&endpoint) {
                lane.waiting = false;
            }
            self.pump(endpoint, now);
        }
    }

    /// Endpoints whose last attempt timed out share a quarter of the node's places (DESIGN 2.3).
    fn slow_places(&self) -> usize {
        (self.shared.settings.max_in_flight / 4).max(1)
    }
}
