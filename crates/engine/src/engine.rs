//! The engine as the rest of the system holds it.

use std::sync::Arc;
use std::sync::atomic::Ordering as Atomic;
use std::time::Duration;

use postrider_courier::GuardPolicy;
use postrider_model::delivery::{Attempt, DeliveryKey};
use postrider_model::id::{EndpointKey, IdSalt, Ordinal, OrdinalSource, ProjectKey, TenantKey};
use postrider_model::limits::Limits;
use postrider_model::slot::NodeNumber;
use postrider_model::time::Millis;
use postrider_store::{Change, ChangeOutcome, EventFlags, IdempotencyMark, Store, StoreError};
use postrider_vault::Keyring;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::accept::{AcceptError, Accepted, EventIn, Intake, Origin};
use crate::cluster::{self, StoreClock};
use crate::core::{Core, Message};
use crate::parts::EngineParts;
use crate::ports::{Clock, Rng, Spawner};
use crate::project::{Contracts, ProjectContext};
use crate::shared::Shared;

/// An attempt of a test send.
#[derive(Debug, Clone)]
pub struct TestSent {
    /// The test's event.
    pub event: Ordinal,
    /// What came of it.
    pub attempt: Attempt,
}

/// A running engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Recovers what the last stop or crash left and starts.
    ///
    /// # Errors
    /// Of the store, while recovering.
    pub async fn start(mut parts: EngineParts) -> Result<Self, StoreError> {
        let (core, inbox) = mpsc::unbounded_channel();
        let asked_at = tokio::time::Instant::now();
        let member = cluster::join(&*parts.store, &parts.settings.node, parts.clock.now()).await?;
        let store_clock = member.number.map(|_| {
            let clock = Arc::new(StoreClock::new(Arc::clone(&parts.clock)));
            clock.set(member.clock_ahead_ms);
            parts.clock = Arc::clone(&clock) as Arc<dyn Clock>;
            clock
        });
        let (shared, end) = Shared::of(parts, core, store_clock);
        let shared = Arc::new(shared);
        let recovered = shared.store.recover(shared.time.now()).await?;
        shared.time.not_before(recovered.highest.time());
        let ahead = shared.time.ahead();
        if ahead >= Duration::from_secs(1) {
            tracing::warn!(
                seconds = ahead.as_secs_f64(),
                "the last event is ahead of the system's clock, which was set back; nothing waits for it"
            );
        }
        let highest = recovered.highest.max(member.highest);
        let source = || match member.number {
            Some(number) => OrdinalSource::of_node(highest, number),
            None => OrdinalSource::new(highest),
        };
        let mut core = Core::new(Arc::clone(&shared), inbox, &recovered, source());
        match member.number {
            Some(number) => {
                cluster::joined_as(&shared, number);
                // Joining begins the lease: whoever is told that this node is ready may send events at once.
                shared.cluster.lease.renewed(asked_at, shared.settings.node.lease);
            }
            // What another node has not written of its fan-outs is that node's.
            None => core.resume_fanouts(&crate::upkeep::fanout::unfinished(&shared).await?),
        }
        // Endpoints, keys and replays have ids of their own, which need not be above the events'.
        *shared.ids.lock() = source();
        shared.spawner.spawn(Box::pin(core.run()));
        crate::upkeep::start(&shared);
        cluster::start(&shared, end);
        tracing::info!(moved = recovered.moved, endpoints = recovered.backlog.len(), "recovered");
        Ok(Self { shared })
    }

    /// Accepts events (DESIGN 2.1); returns when they are on disk. All or none.
    ///
    /// # Errors
    /// See [`AcceptError`]; nothing was stored.
    pub async fn accept(
        &self,
        origin: Origin,
        events: Vec<EventIn>,
        request_mark: Option<IdempotencyMark>,
    ) -> Result<Vec<Accepted>, AcceptError> {
        Intake::new(&self.shared, origin).accept(events, request_mark).await
    }

    /// Sends a test event to one endpoint now, whatever its types, filter and state, and waits for its one attempt
    /// (DESIGN 4.4 "Test sends").
    ///
    /// # Errors
    /// See [`AcceptError`]; an attempt that failed is no error.
    pub async fn test_send(&self, endpoint: EndpointKey, event: EventIn) -> Result<TestSent, AcceptError> {
        let plan = self
            .shared
            .routes
            .plan_of(endpoint, &self.shared)
            .await?
            .ok_or(StoreError::NotFound("endpoint"))?;
        if !plan.signable {
            return Err(AcceptError::Unsigned);
        }
        let origin = Origin { project: plan.project, mode: plan.mode, tenant: None };
        Intake::new(&self.shared, origin).test_send(plan, event).await
    }

    /// Sends a test event to every enabled endpoint of its tenant, whatever their types and filters: one attempt each,
    /// made by their lanes and not waited for. Returns when it is on disk.
    ///
    /// # Errors
    /// See [`AcceptError`].
    pub async fn test_all(&self, origin: Origin, event: EventIn) -> Result<Accepted, AcceptError> {
        Intake::new(&self.shared, origin).test_all(event).await
    }

    /// Sends an event to these endpoints only, as far as they name its type (notices).
    pub(crate) async fn notice(
        shared: &Arc<Shared>,
        origin: Origin,
        event: EventIn,
        only: Vec<Arc<crate::EndpointPlan>>,
    ) -> Result<(), AcceptError> {
        Intake::new(shared, origin)
            .only(event, EventFlags { notice: true, ..EventFlags::default() }, only, None)
            .await
            .map(|_| ())
    }

    /// After an endpoint was written: returns when nothing begins by its old state any more on this node. Other nodes
    /// read it from the store's news.
    pub async fn endpoint_changed(&self, tenant: TenantKey, endpoint: EndpointKey) {
        self.shared.endpoint_changed(tenant, endpoint).await;
    }

    /// After a project's event types were written: events accepted from now on are held to them. Endpoints and
    /// their lanes do not depend on the catalogue and go on.
    pub fn catalogue_changed(&self, project: ProjectKey) {
        self.shared.projects.forget(project);
    }

    /// After a project or its settings were written, or it was deleted.
    pub async fn project_changed(&self, project: ProjectKey) {
        self.shared.project_changed(project).await;
    }

    /// Reopens a delivery: pending again, due now (DESIGN 4.4 "Resend").
    ///
    /// # Errors
    /// Of the store.
    pub async fn resend(&self, delivery: DeliveryKey) -> Result<ChangeOutcome, StoreError> {
        self.change(Change::Reopen { delivery, due: self.shared.time.now(), replay: None }).await
    }

    /// Cancels a pending or held delivery.
    ///
    /// # Errors
    /// Of the store.
    pub async fn cancel(&self, delivery: DeliveryKey) -> Result<ChangeOutcome, StoreError> {
        self.change(Change::Cancel { delivery }).await
    }

    /// After an event was erased in the store: no attempt that begins from now on sends its content (DESIGN 7).
    pub async fn event_erased(&self, event: Ordinal) {
        let (reply, done) = oneshot::channel();
        self.shared.tell(Message::Erased(event, reply));
        let _ = done.await;
    }

    async fn change(&self, change: Change) -> Result<ChangeOutcome, StoreError> {
        crate::upkeep::change(&self.shared, change).await
    }

    /// A replay was created or cancelled.
    pub fn replays_changed(&self) {
        self.shared.replays.notify_one();
    }

    /// From now on no attempt begins but those of test sends, so that those in flight can end while requests in
    /// flight are still answered: what these bring is accepted, and sent after the next start.
    /// Slots are handed over to other nodes, each when nothing of it is in flight any more.
    pub fn wind_down(&self) {
        self.shared.tell(Message::WindDown);
        self.shared.cluster.leave();
    }

    /// Accepts no more, finishes attempts in flight, settles, flushes. The store stays open.
    pub async fn stop(&self) {
        self.shared.gauges.stopping.store(true, Atomic::Release);
        self.shared.stop.send_replace(true);
        let (reply, done) = oneshot::channel();
        self.shared.tell(Message::Stop(reply));
        let _ = done.await;
        if let Err(error) = self.shared.stats.flush(&*self.shared.store).await {
            tracing::warn!(%error, "the last minute's statistics were not written");
        }
        self.shared.flush_project_stats().await;
    }

    /// Leaves the other nodes, who take over what is left; after [`Engine::stop`], or instead of what is left of it.
    pub async fn leave(&self) {
        self.shared.stopped.send_replace(true);
        if self.shared.cluster.shared_store
            && let Err(error) = self.shared.store.leave().await
        {
            tracing::warn!(%error, "the other nodes take over once this one's lease has ended");
        }
    }

    /// The nodes that share the store, as of the last beat; this one alone where the store is its own.
    pub fn nodes(&self) -> Vec<postrider_store::NodeSeen> {
        self.shared.nodes()
    }

    /// This node's number among them.
    pub fn node_number(&self) -> NodeNumber {
        self.shared.cluster.number()
    }

    /// The slots this node owns, all where the store is its own.
    pub fn slots(&self) -> postrider_model::slot::SlotSet {
        *self.shared.cluster.owned.read()
    }

    /// The salt of this installation's ids.
    pub fn salt(&self) -> IdSalt {
        self.shared.salt
    }

    /// A new id for an endpoint, key or replay.
    pub fn new_id(&self) -> Uuid {
        self.shared.ids.lock().next(self.shared.clock.now()).to_uuid(self.shared.salt)
    }

    /// The time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// Now.
    pub fn now(&self) -> Millis {
        self.shared.clock.now()
    }

    /// What runs tasks that the server's stop waits for.
    pub fn spawner(&self) -> &Arc<dyn Spawner> {
        &self.shared.spawner
    }

    /// Unpredictable bytes.
    pub fn rng(&self) -> &Arc<dyn Rng> {
        &self.shared.rng
    }

    /// Contracts by name.
    pub fn contracts(&self) -> &Contracts {
        &self.shared.contracts
    }

    /// Secrets at rest.
    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.shared.keyring
    }

    /// The `User-Agent` of every delivery.
    pub fn user_agent(&self) -> &http::HeaderValue {
        &self.shared.user_agent
    }

    /// What may be dialled.
    pub fn guard(&self) -> &GuardPolicy {
        &self.shared.guard
    }

    /// Named limits.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.shared.store
    }

    /// A project with contract, settings and catalogue.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is gone; others of the store.
    pub async fn project(&self, key: ProjectKey) -> Result<Arc<ProjectContext>, StoreError> {
        self.shared.project(key).await
    }

    /// Whether events are accepted now; the reason if not.
    ///
    /// # Errors
    /// What stands in the way, for people.
    pub fn ready(&self) -> Result<(), String> {
        crate::accept::overload(&self.shared).map_or(Ok(()), Err)
    }

    /// Appends all metrics in Prometheus' text form.
    pub fn render_metrics(&self, out: &mut String) {
        self.shared.metrics.render(&self.shared, out);
    }
}
