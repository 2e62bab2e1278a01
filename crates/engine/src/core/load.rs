//! Lanes pull their own next deliveries from the store (DESIGN 2.2).

use std::sync::Arc;

use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;
use postrider_store::{DueDelivery, DueQuery};

use super::Core;
use super::body::{EventBody, Reservation};
use super::lane::{Item, LOAD_ROWS, late_before};
use super::message::{Loaded, Message};
use super::outcome::{ENDPOINT_UNAVAILABLE, EXPIRED};
use crate::plan::EndpointPlan;

/// A loader takes at most this much of the budget for the bodies it reads along.
const LOAD_BYTES: usize = 2 * 1024 * 1024;

impl Core {
    /// Reads the lane's next rows in a task of its own.
    pub(crate) fn load(&mut self, endpoint: EndpointKey, now: Millis) {
        let Some(lane) = self.lanes.get(&endpoint) else { return };
        let room = Reservation::of(&self.shared.bodies, LOAD_BYTES);
        let query = DueQuery {
            endpoint,
            until: now,
            skip: lane.present(),
            limit: LOAD_ROWS.max(2 * lane.plan.batch_size()),
            body_bytes: room.content_bytes(),
        };
        let read_after = self.committed_seq;
        let shared = Arc::clone(&self.shared);
        self.shared.spawner.spawn(Box::pin(async move {
            let page = shared.store.due(query).await;
            shared.tell(Message::Loaded(Loaded { endpoint, read_after, page, room }));
        }));
    }

    pub(crate) fn lane_loaded(&mut self, loaded: Loaded, now: Millis) {
        let endpoint = loaded.endpoint;
        // From here on each body takes its own part of the budget.
        drop(loaded.room);
        let given_up = !self.owns(endpoint);
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
        match loaded.page {
            // Read before the sweep began, or in its midst.
            Ok(_) if lane.stored.sweeping => lane.stored.load_dropped(),
            Ok(_) if given_up => {
                lane.stored.load_dropped();
                self.vacate(now);
            }
            Ok(mut page) => {
                lane.loaded(&mut page, loaded.read_after, now);
                self.shared.metrics.loaded.inc_by(page.rows.len() as u64);
                let plan = Arc::clone(&lane.plan);
                if plan.enabled {
                    for row in page.rows {
                        self.take_row(&plan, row, now);
                    }
                }
                self.pump(endpoint, now);
            }
            Err(error) => {
                tracing::warn!(%error, endpoint = endpoint.0, "a lane could not read its backlog; it tries again");
                lane.stored.load_dropped();
                self.timers.set(endpoint, now + std::time::Duration::from_secs(1));
            }
        }
    }

    pub(crate) fn take_row(&mut self, plan: &Arc<EndpointPlan>, row: DueDelivery, now: Millis) {
        let delivery = postrider_model::delivery::DeliveryKey { event: row.event, endpoint: plan.key };
        if row.scheduled {
            let Some(key) = row.key else { return };
            let newly = self.lanes.get_mut(&plan.key).is_some_and(|lane| lane.stored.mark_present(row.event));
            if newly {
                self.enter_in_turn(plan.tenant, delivery, key, now);
            }
            return;
        }
        let too_late = self.too_late(plan, &row, now);
        let body = row.content.map(|content| EventBody::new(content, &self.shared.bodies));
        let item = Item {
            event: row.event,
            body,
            fresh: false,
            due: row.due,
            late: row.due < late_before(plan, now),
            step: row.step,
            attempts: row.attempts,
            first_attempt_at: row.first_attempt_at,
            key: row.key,
            flags: row.flags,
        };
        let Some(lane) = self.lanes.get_mut(&plan.key) else { return };
        match too_late {
            Some(error) => {
                if lane.stored.mark_present(item.event) {
                    self.give_up(plan, &item, error, now);
                }
            }
            None => lane.push_loaded(item),
        }
    }

    /// Why a delivery is given up without an attempt: its endpoint could not be attempted long after it fell due
    /// (DESIGN 2.3), or its history ends (DESIGN 4.4). Time that this node was down does not count.
    fn too_late(&self, plan: &EndpointPlan, row: &DueDelivery, now: Millis) -> Option<&'static str> {
        if row.content.as_ref().is_some_and(|content| content.expires_at <= now) {
            return Some(EXPIRED);
        }
        let waiting_since = row.due.max(self.started_at);
        (now.since(waiting_since) > plan.policy.timetable.unavailable_after()).then_some(ENDPOINT_UNAVAILABLE)
    }

    /// A backlog of an endpoint without a lane: at its due time the plan is read and the lane made.
    pub(crate) fn expect(&mut self, endpoint: EndpointKey, due: Millis, now: Millis) {
        if !self.owns(endpoint) {
            return self.standing.wrote(endpoint, due);
        }
        let due = due.max(now);
        let known = self.unplanned.get(&endpoint).copied();
        if known.is_none_or(|at| due < at) {
            self.unplanned.insert(endpoint, due);
            self.timers.set(endpoint, due);
        }
    }

    /// Reads an endpoint's plan in a task of its own; once more if one is being read already.
    pub(crate) fn plan(&mut self, endpoint: EndpointKey) {
        if let Some(again) = self.planning.get_mut(&endpoint) {
            *again = true;
            return;
        }
        self.planning.insert(endpoint, false);
        let shared = Arc::clone(&self.shared);
        self.shared.spawner.spawn(Box::pin(async move {
            let plan = loop {
                match shared.routes.plan_of(endpoint, &shared).await {
                    Ok(plan) => break plan,
                    Err(error) => {
                        tracing::warn!(%error, endpoint = endpoint.0, "an endpoint could not be read; trying again");
                        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                    }
                }
            };
            shared.tell(Message::Planned(endpoint, plan));
        }));
    }

    pub(crate) fn planned(&mut self, endpoint: EndpointKey, plan: Option<Arc<EndpointPlan>>, now: Millis) {
        if self.planning.remove(&endpoint) == Some(true) {
            // It was changed while it was read.
            return self.plan(endpoint);
        }
        self.unplanned.remove(&endpoint);
        if !self.owns(endpoint) {
            return;
        }
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            // Asked for because the project changed, or the rule disabled it.
            lane.off_by_rule = false;
            return self.endpoint_changed(endpoint, plan, now);
        }
        // A deleted endpoint's rows are swept by whoever deleted it, or at the next start.
        let Some(plan) = plan else {
            return self.sweep_later(endpoint, postrider_store::SweepInto::Cancelled);
        };
        if !plan.enabled {
            self.sweep_later(endpoint, postrider_store::SweepInto::Held);
        }
        let seq = self.committed_seq;
        let lane = self.lane(&plan, now);
        lane.prove(&plan);
        lane.stored.wrote_due_now(seq);
        self.pump(endpoint, now);
    }
}
