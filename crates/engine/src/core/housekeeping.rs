//! Once a second: fresh deliveries that wait too long, health not yet written, lanes with nothing to do.

use std::time::Duration;

use postrider_model::delivery::DeliveryKey;
use postrider_model::time::Millis;
use postrider_store::Change;

use super::Core;

/// A lane without anything to do goes away after this.
const IDLE_LANE: Duration = Duration::from_secs(60);

impl Core {
    pub(crate) fn keep_house(&mut self, now: Millis) {
        let limit = Self::age_limit(now);
        let idle_before = now - IDLE_LANE;
        let mut oldest_due = None;
        let mut queued = 0;
        // `order` and not the map: a seeded run must repeat exactly.
        let order = std::mem::take(&mut self.order);
        let mut kept = Vec::with_capacity(order.len());
        for endpoint in order {
            let Some(lane) = self.lanes.get_mut(&endpoint) else { continue };
            for (event, due) in lane.age(limit) {
                self.pending
                    .push_change(Change::Index { delivery: DeliveryKey { event, endpoint }, due }, None);
            }
            if lane.health_dirty {
                let write = lane.health_write(None, now);
                self.pending.push_health(write, now);
            }
            queued += lane.queued();
            oldest_due = [oldest_due, lane.oldest_due(now)].into_iter().flatten().min();
            if lane.touched_at < idle_before && lane.is_idle() {
                if let Some(lane) = self.lanes.remove(&endpoint) {
                    self.resting.insert(endpoint, lane.health);
                }
            } else {
                kept.push(endpoint);
            }
        }
        kept.append(&mut self.order);
        self.order = kept;
        self.shared.metrics.look(self.lanes.len(), queued, oldest_due, now);
    }
}
