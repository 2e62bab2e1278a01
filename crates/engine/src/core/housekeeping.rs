//! Once a second: fresh deliveries that wait too long, health not yet written, lanes with nothing to do.

use std::sync::atomic::Ordering as Atomic;
use std::time::Duration;

use ahash::AHashMap;
use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::{Change, StoreError};

use super::Core;
use super::message::AppendReply;
use crate::upkeep::project_stats::{Waiting, World};

/// Endpoints whose last attempt's time is written per second; with more busy ones it takes longer to come around.
const HEALTH_WRITES: usize = 256;
/// How often the low-water mark is told while nothing is accepted.
const TELL_LOW_WATER: Duration = Duration::from_secs(5);
/// An append that waited so long for a commit to end, and is in none, is refused.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// A lane without anything to do goes away after this.
const IDLE_LANE: Duration = Duration::from_secs(60);

impl Core {
    pub(crate) fn keep_house(&mut self, now: Millis) {
        let limit = Self::age_limit(now);
        let idle_before = now - IDLE_LANE;
        let mut oldest_due = None;
        let mut health_left = HEALTH_WRITES;
        let mut last_written = EndpointKey::default();
        let wrapped = self.health_cursor == EndpointKey::default();
        let mut queued = 0;
        let mut waiting: AHashMap<World, Waiting> = AHashMap::new();
        // `order` and not the map: a seeded run must repeat exactly.
        let order = std::mem::take(&mut self.order);
        let mut kept = Vec::with_capacity(order.len());
        for endpoint in order {
            let Some(lane) = self.lanes.get_mut(&endpoint) else { continue };
            let aged = if self.stopping.is_some() { Default::default() } else { lane.age(limit) };
            for (event, due) in aged {
                self.pending
                    .push_change(Change::Index { delivery: DeliveryKey { event, endpoint }, due }, None);
            }
            let turn = health_left > 0 && (wrapped || endpoint > self.health_cursor);
            if lane.health_dirty && turn {
                health_left -= 1;
                last_written = endpoint;
                let write = lane.health_write(None);
                self.pending.push_health(write, now);
            }
            queued += lane.queued();
            let lane_due = lane.oldest_due(now);
            oldest_due = [oldest_due, lane_due].into_iter().flatten().min();
            if lane.queued() > 0 || lane.overflows() {
                let waiting = waiting.entry(lane.plan.world()).or_default();
                waiting.deliveries += lane.queued();
                waiting.overflowing += usize::from(lane.overflows());
                waiting.oldest_due = [waiting.oldest_due, lane_due].into_iter().flatten().min();
            }
            if lane.touched_at < idle_before && lane.is_idle() {
                if let Some(lane) = self.lanes.remove(&endpoint) {
                    // Of one that is forgotten the plan must be read again: the cached one's health is an older one.
                    if let Some(tenant) = self.resting.insert(endpoint, lane.plan.tenant, lane.health) {
                        self.shared.routes.forget(tenant);
                    }
                }
            } else {
                kept.push(endpoint);
            }
        }
        // The next second goes on behind the last one written; a round that had room left begins anew.
        self.health_cursor = if health_left == 0 { last_written } else { EndpointKey::default() };
        kept.append(&mut self.order);
        kept.sort_unstable();
        self.order = kept;
        self.shared.metrics.look(self.lanes.len(), queued, oldest_due, now);
        self.shared.project_stats.look(&waiting, now, self.shared.time.shown(now));
        self.tell_low_water(now);
        self.refuse_long_waiting(now);
    }

    /// Where nodes share a store the others begin their scans at the low-water mark of the one that is furthest behind: it
    /// moves on also where nothing is accepted.
    fn tell_low_water(&mut self, now: Millis) {
        let quiet = self.commit.is_none() && self.pending.is_empty();
        if !self.shared.cluster.shared_store || !quiet || now < self.next_low_water {
            return;
        }
        self.next_low_water = now + TELL_LOW_WATER;
        self.low_water.nothing_before(Ordinal::at(now));
        self.pending.hurry();
    }

    /// A commit that hangs must not keep those hanging too whose events are in none yet: nothing of them is written.
    fn refuse_long_waiting(&mut self, now: Millis) {
        if self.commit.is_none() {
            return;
        }
        for request in self.pending.take_appends_before(now - LONGEST_WAIT) {
            self.shared.gauges.queue_bytes.fetch_sub(request.bytes, Atomic::Relaxed);
            let error = StoreError::Unavailable("the store is slow to commit".to_owned());
            let _ = request.reply.send(AppendReply::Failed(error));
        }
    }
}
