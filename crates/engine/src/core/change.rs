//! Endpoints that are changed, disabled or deleted while their lanes run.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use postrider_model::delivery::DeliveryKey;
use postrider_model::endpoint::DisabledReason;
use postrider_model::id::{EndpointKey, Ordinal, ProjectKey};
use postrider_model::time::Millis;
use postrider_store::{Change, Next, Settle, Sweep, SweepInto};
use tokio::sync::oneshot;

use super::Core;
use super::message::Message;
use super::pending::Reply;
use crate::plan::EndpointPlan;
use crate::shared::Shared;

/// Deliveries ended per step of a sweep.
const SWEEP_ROWS: usize = 500;

/// A sweep that waits until the appends made under the old plan are on disk. Settles need not be: one that comes
/// after the sweep finds its delivery held, and leaves it so unless it was delivered.
pub(crate) struct PlannedSweep {
    endpoint: EndpointKey,
    into: SweepInto,
    /// What is accepted later was matched against a newer plan.
    up_to: Ordinal,
    after_seq: u64,
}

/// Sweeps of one endpoint that have not ended.
#[derive(Default)]
pub(crate) struct Sweeping {
    count: u32,
    /// A delivery reopened now must not be swept with the others.
    reopens: Vec<(Change, Reply)>,
    /// Who waits for the end of all.
    waiting: Vec<oneshot::Sender<()>>,
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
        if plan.as_ref().is_some_and(|plan| plan.enabled)
            && self.lanes.get(&endpoint).is_some_and(|lane| lane.off_by_rule)
        {
            // It is being read once more.
            return;
        }
        let known = self.lanes.get(&endpoint).map(|lane| Arc::clone(&lane.plan));
        // Two changes at once may be told in another order than they were made.
        if let (Some(plan), Some(known)) = (&plan, &known)
            && plan.revision < known.revision
        {
            return;
        }
        self.resting.remove(&endpoint);
        self.fanouts.replan(endpoint, plan.as_ref());
        let Some(plan) = plan.or_else(|| known.map(|plan| Arc::new(plan.deleted()))) else {
            if deleted {
                self.sweep_later(endpoint, SweepInto::Cancelled);
            }
            return;
        };
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
        self.reread_fanouts();
        // Whose they are is not known before they are read; what is read already may be the project as it was.
        for changed_meanwhile in self.planning.values_mut() {
            *changed_meanwhile = true;
        }
        for endpoint in self.order.clone() {
            if self.lanes.get(&endpoint).is_some_and(|lane| lane.plan.project == project) {
                self.rest(endpoint);
            }
        }
    }

    /// What other nodes changed is not known: no lane begins anything until its plan is read anew.
    pub(crate) fn everything_changed(&mut self) {
        self.reread_fanouts();
        for changed_meanwhile in self.planning.values_mut() {
            *changed_meanwhile = true;
        }
        for endpoint in self.order.clone() {
            self.rest(endpoint);
        }
    }

    /// The lane begins nothing until its plan is read.
    pub(crate) fn rest(&mut self, endpoint: EndpointKey) {
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.await_plan();
            self.plan(endpoint);
        } else if let Some(changed_meanwhile) = self.planning.get_mut(&endpoint) {
            *changed_meanwhile = true;
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
        lane.off_by_rule = true;
        self.endpoint_changed(endpoint, Some(Arc::new(plan.switched_off())), at);
        self.plan(endpoint);
        let shared = Arc::clone(&self.shared);
        self.shared.spawner.spawn(Box::pin(async move {
            shared.routes.forget(plan.tenant);
            crate::upkeep::notice::send(&shared, &plan, reason, at, failure_count, &last_error).await;
        }));
    }

    /// Sweeps once the commit that is on its way has ended. Until the sweep has ended too, the lane reads nothing
    /// from the store: enabled again it would send what is to be held.
    pub(crate) fn sweep_later(&mut self, endpoint: EndpointKey, into: SweepInto) {
        if !self.owns(endpoint) {
            // Its owner is told too.
            return;
        }
        let after_seq = self.committed_seq + u64::from(self.commit.is_some());
        let up_to = match into {
            // Other nodes' ids of this millisecond may be greater than this one's.
            SweepInto::Held if self.shared.cluster.shared_store => {
                self.ordinals.last().max(Ordinal(Ordinal::at(self.looked_at).0 | 0xffff))
            }
            SweepInto::Held => self.ordinals.last(),
            SweepInto::Cancelled => Ordinal(i64::MAX),
        };
        self.sweeping.entry(endpoint).or_default().count += 1;
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.stored.sweeping = true;
        }
        self.sweeps.push(PlannedSweep { endpoint, into, up_to, after_seq });
        self.start_sweeps();
    }

    /// A change that somebody waits for.
    pub(crate) fn change(&mut self, change: Change, reply: Reply) {
        if let Change::Reopen { delivery, .. } = &change
            && let Some(sweeping) = self.sweeping.get_mut(&delivery.endpoint)
        {
            sweeping.reopens.push((change, reply));
        } else {
            self.pending.push_change(change, Some(reply));
        }
    }

    /// Somebody waits until all that is to be held of an endpoint is.
    pub(crate) fn when_swept(&mut self, endpoint: EndpointKey, reply: oneshot::Sender<()>) {
        match self.sweeping.get_mut(&endpoint) {
            Some(sweeping) => sweeping.waiting.push(reply),
            None => {
                let _ = reply.send(());
            }
        }
    }

    /// A sweep ended.
    pub(crate) fn swept(&mut self, endpoint: EndpointKey, released: bool, now: Millis) {
        if let Entry::Occupied(mut entry) = self.sweeping.entry(endpoint) {
            let sweeping = entry.get_mut();
            sweeping.count -= 1;
            if sweeping.count > 0 {
                return;
            }
            let ended = entry.remove();
            for (change, reply) in ended.reopens {
                self.pending.push_change(change, Some(reply));
            }
            for waiting in ended.waiting {
                let _ = waiting.send(());
            }
        }
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.stored.sweeping = false;
            self.pump(endpoint, now);
        }
        if released {
            self.released(endpoint, now);
        }
    }

    /// An event was erased. An attempt of it that began before has its content still.
    pub(crate) fn erased(&mut self, event: Ordinal) {
        self.reread_fanouts();
        for lane in self.lanes.values_mut() {
            lane.erase(event);
        }
    }

    /// Outside any commit of ours a delivery of this endpoint fell due.
    pub(crate) fn released(&mut self, endpoint: EndpointKey, now: Millis) {
        if let Some(lane) = self.lanes.get_mut(&endpoint) {
            lane.stored.wrote_due_unseen();
            self.pump(endpoint, now);
        } else {
            self.expect(endpoint, now, now);
        }
    }

    pub(crate) fn start_sweeps(&mut self) {
        let (now, later): (Vec<_>, Vec<_>) =
            self.sweeps.drain(..).partition(|sweep| sweep.after_seq <= self.committed_seq);
        self.sweeps = later;
        for sweep in now {
            self.shared.spawner.spawn(Box::pin(sweep_to_the_end(Arc::clone(&self.shared), sweep)));
        }
    }
}

async fn sweep_to_the_end(shared: Arc<Shared>, sweep: PlannedSweep) {
    let PlannedSweep { endpoint, into, up_to, .. } = sweep;
    let mut released = false;
    loop {
        let sweep = Sweep { endpoint, into, up_to, now: shared.time.now() };
        match shared.store.sweep(sweep, SWEEP_ROWS).await {
            Ok(swept) => {
                released |= swept.released;
                if swept.ended < SWEEP_ROWS {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(%error, endpoint = endpoint.0, "a sweep was interrupted; it goes on");
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
        }
    }
    shared.tell(Message::Swept { endpoint, released });
}
