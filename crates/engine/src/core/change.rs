//! Endpoints that are changed, disabled or deleted while their lanes run.

use std::sync::Arc;

use postrider_model::delivery::DeliveryKey;
use postrider_model::endpoint::DisabledReason;
use postrider_model::id::{EndpointKey, ProjectKey};
use postrider_model::time::Millis;
use postrider_store::{Next, Settle, SweepInto};

use super::Core;
use super::message::Message;
use crate::plan::EndpointPlan;

/// Deliveries ended per step of a sweep.
const SWEEP_ROWS: usize = 500;

/// A sweep that waits until every settle made under the old plan is on disk.
pub(crate) struct Sweep {
    endpoint: EndpointKey,
    into: SweepInto,
    after_seq: u64,
}

impl Core {
    /// Nothing begins by the old plan once this returns: the lane's gate is closed, and attempts pass it last of all.
    pub(crate) fn endpoint_changed(
        &mut self,
        endpoint: EndpointKey,
        plan: Option<Arc<EndpointPlan>>,
        now: Millis,
    ) {
        let deleted = plan.is_none();
        let known = self.lanes.get(&endpoint).map(|lane| Arc::clone(&lane.plan));
        // Two changes at once may be told in another order than they were made.
        if let (Some(plan), Some(known)) = (&plan, &known)
            && plan.revision < known.revision
        {
            return;
        }
        self.fanouts.replan(endpoint, plan.as_ref());
        let Some(plan) = plan.or_else(|| known.map(|plan| Arc::new(plan.deleted()))) else {
            if deleted {
                self.sweep_later(endpoint, SweepInto::Cancelled);
            }
            return;
        };
        self.resting.remove(&endpoint);
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            let enabled_again = plan.enabled && !lane.plan.enabled;
            lane.replan(Arc::clone(&plan));
            if enabled_again {
                lane.health = plan.health.clone();
            }
        }
        if plan.enabled {
            self.pump(endpoint, now);
        } else {
            self.hold_queue(endpoint, now);
            self.sweep_later(endpoint, if deleted { SweepInto::Cancelled } else { SweepInto::Held });
        }
    }

    /// A project's lanes begin nothing until their plans are read anew.
    pub(crate) fn project_changed(&mut self, project: ProjectKey) {
        for endpoint in self.order.clone() {
            if self.lanes.get(&endpoint).is_some_and(|lane| lane.plan.project == project) {
                self.rest(endpoint);
            }
        }
    }

    /// The lane begins nothing until its plan is read.
    pub(crate) fn rest(&mut self, endpoint: EndpointKey) {
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.await_plan();
            self.plan(endpoint);
        }
    }

    /// What waited in memory of a disabled endpoint: fresh deliveries are settled as held; the others lie in the
    /// due index, where the sweep finds them.
    pub(crate) fn hold_queue(&mut self, endpoint: EndpointKey, now: Millis) {
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
        for item in lane.drain() {
            if item.fresh {
                let delivery = DeliveryKey { event: item.event, endpoint };
                let settle = Settle { delivery, attempt: None, next: Next::Held, fresh: true, key: item.key };
                self.pending.push_settle(settle, now, false);
            } else {
                lane.forget(item.event);
            }
        }
    }

    /// The rule disabled an endpoint, and the store has it: the plan is read anew, as after any change.
    pub(crate) fn disabled_by_rule(&mut self, endpoint: EndpointKey, reason: DisabledReason, at: Millis) {
        let Some(lane) = self.lanes.get_mut(&endpoint) else { return };
        let plan = Arc::clone(&lane.plan);
        if !plan.enabled {
            return;
        }
        self.shared.metrics.disabled.inc();
        let (failure_count, last_error) = lane.last_failure.take().unwrap_or_default();
        self.endpoint_changed(endpoint, Some(Arc::new(plan.switched_off())), at);
        let shared = Arc::clone(&self.shared);
        self.shared.spawner.spawn(Box::pin(async move {
            shared.routes.forget(plan.tenant);
            crate::upkeep::notice::send(&shared, &plan, reason, at, failure_count, &last_error).await;
        }));
    }

    /// Sweeps once all that is on its way to the disk now has ended.
    pub(crate) fn sweep_later(&mut self, endpoint: EndpointKey, into: SweepInto) {
        let waiting = self.commit.is_some() || !self.pending.is_empty();
        let after_seq = self.committed_seq + if self.commit.is_some() { 2 } else { 1 };
        self.sweeps.push(Sweep { endpoint, into, after_seq: if waiting { after_seq } else { 0 } });
        self.start_sweeps();
    }

    pub(crate) fn start_sweeps(&mut self) {
        let (now, later): (Vec<_>, Vec<_>) =
            self.sweeps.drain(..).partition(|sweep| sweep.after_seq <= self.committed_seq);
        self.sweeps = later;
        for sweep in now {
            let shared = Arc::clone(&self.shared);
            self.shared.spawner.spawn(Box::pin(async move {
                loop {
                    match shared.store.sweep(sweep.endpoint, sweep.into, SWEEP_ROWS).await {
                        Ok(count) if count < SWEEP_ROWS => break,
                        Ok(_) => {}
                        Err(error) => {
                            tracing::warn!(%error, endpoint = sweep.endpoint.0, "a sweep was interrupted; it goes on");
                            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                        }
                    }
                }
                shared.tell(Message::Swept(sweep.endpoint));
            }));
        }
    }
}
