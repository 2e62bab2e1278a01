//! What other nodes wrote for the owner of a slot (DESIGN 6): deliveries go straight to their lanes where there is room.

use ahash::AHashSet;
use postrider_model::delivery::DeliveryKey;
use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;
use postrider_store::{DueDelivery, SweepInto};

use super::Core;

/// Deliveries that memory is done with since the news began to be read: what was read of them is out of date.
#[derive(Debug, Default)]
pub(crate) struct Listening {
    left: Option<AHashSet<DeliveryKey>>,
}

impl Listening {
    /// News are read from now on.
    pub(crate) fn begin(&mut self) {
        self.left = Some(AHashSet::new());
    }

    /// A delivery was settled or changed.
    pub(crate) fn note(&mut self, delivery: DeliveryKey) {
        if let Some(left) = &mut self.left {
            left.insert(delivery);
        }
    }

    fn end(&mut self) -> AHashSet<DeliveryKey> {
        self.left.take().unwrap_or_default()
    }
}

impl Core {
    /// Deliveries that other nodes put into the due index.
    pub(crate) fn take_news(&mut self, rows: Vec<(EndpointKey, DueDelivery)>, now: Millis) {
        let left = self.listening.end();
        let mut looked_at = Vec::new();
        for (endpoint, row) in rows {
            let delivery = DeliveryKey { event: row.event, endpoint };
            if self.owns(endpoint) && !left.contains(&delivery) {
                self.arrived(endpoint, row, now);
                if looked_at.last() != Some(&endpoint) {
                    looked_at.push(endpoint);
                }
            }
        }
        for endpoint in looked_at {
            self.pump(endpoint, now);
        }
    }

    fn arrived(&mut self, endpoint: EndpointKey, row: DueDelivery, now: Millis) {
        let Some(lane) = self.lanes.get_mut(&endpoint) else {
            return self.expect(endpoint, row.due, now);
        };
        if !lane.plan.enabled {
            // Matched before its endpoint was disabled, and written after it was swept.
            if !lane.stored.sweeping {
                self.sweep_later(endpoint, SweepInto::Held);
            }
        } else if row.due > now {
            lane.stored.wrote_due_later(row.due);
        } else if row.key.is_some() || row.scheduled || !lane.has_room() {
            lane.stored.wrote_due_unseen();
        } else {
            let plan = std::sync::Arc::clone(&lane.plan);
            self.take_row(&plan, row, now);
        }
    }
}
