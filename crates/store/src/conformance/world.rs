//! A project with tenants, endpoints and events, and short ways to write to its store.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use postrider_model::delivery::{Attempt, DeliveryKey, DeliveryState};
use postrider_model::endpoint::{DisabledReason, EndpointConfig, Ordering};
use postrider_model::id::{
    EndpointId, EndpointKey, IdSalt, KeyId, Mode, Ordinal, OrdinalSource, ProjectKey, TenantKey,
};
use postrider_model::time::Millis;
use serde_json::json;

use super::{Backend, Ways};
use crate::{
    Append, AppendOutcome, Batch, Change, ChangeOutcome, Committed, DeliveryDetail, DueDelivery, DuePage,
    DueQuery, Endpoint, EndpointChange, EndpointPatch, EventFlags, EventOutcome, Fanout, FanoutPart,
    FanoutQuery, NewApiKey, NewAudit, NewDelivery, NewEndpoint, NewEvent, NewProject, Next, Place, Scope,
    Selection, Settle, Settled, Store, Sweep, Swept, WaitingFanout,
};

/// See the module.
pub struct World {
    backend: Box<dyn Backend>,
    /// `None` while it is stopped.
    store: Option<Arc<dyn Store>>,
    /// Virtual time.
    pub now: Millis,
    /// What the next commit says.
    pub low_water: Ordinal,
    /// The project of everything.
    pub project: ProjectKey,
    /// Its first tenant, `t1`.
    pub tenant: TenantKey,
    /// Every id comes from here.
    pub ordinals: OrdinalSource,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("now", &self.now).finish_non_exhaustive()
    }
}

impl World {
    /// A world with one project and one tenant.
    pub async fn new(mut backend: Box<dyn Backend>) -> Self {
        let store = backend.open().await;
        let now = Millis(1_750_000_000_000);
        let highest = store.recover(now).await.unwrap().highest;
        let project =
            store.create_project(new_project("acme", now), audit("project.create", now)).await.unwrap();
        let tenant = store.ensure_tenant(project.key, "t1", now).await.unwrap();
        Self {
            backend,
            store: Some(store),
            now,
            low_water: Ordinal(0),
            project: project.key,
            tenant: tenant.key,
            ordinals: OrdinalSource::new(highest),
        }
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        self.store.as_ref().unwrap()
    }

    /// What the store does in ways of its own.
    pub fn ways(&self) -> Ways {
        self.backend.ways()
    }

    /// Stops without a word and starts again.
    pub async fn restart(&mut self) -> crate::Recovered {
        self.store = None;
        self.store = Some(self.backend.open().await);
        self.store().recover(self.now).await.unwrap()
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// Everything of the project in live mode.
    pub fn scope(&self) -> Scope {
        Scope { project: self.project, mode: Mode::Live, tenant: None }
    }

    /// A live endpoint of the first tenant.
    pub async fn endpoint(&mut self) -> EndpointKey {
        self.endpoint_of(self.tenant).await.key
    }

    /// A live endpoint of a tenant.
    pub async fn endpoint_of(&mut self, tenant: TenantKey) -> Endpoint {
        let new = self.new_endpoint(tenant);
        self.store().create_endpoint(new, None, audit("endpoint.create", self.now)).await.unwrap()
    }

    /// What it is made from.
    pub fn new_endpoint(&mut self, tenant: TenantKey) -> NewEndpoint {
        let config =
            EndpointConfig { url: "https://example.org/hook".to_owned(), ..EndpointConfig::default() };
        NewEndpoint {
            id: EndpointId(self.ordinals.next(self.now).to_uuid(IdSalt(7))),
            project: self.project,
            mode: Mode::Live,
            tenant,
            config,
            sealed: Bytes::from_static(b"sealed"),
            enabled: true,
            now: self.now,
        }
    }

    /// What an API key is made from.
    pub fn new_key(&mut self, hash: u8, tenant: Option<&str>) -> NewApiKey {
        NewApiKey {
            id: KeyId(self.ordinals.next(self.now).to_uuid(IdSalt(7))),
            project: self.project,
            name: "ci".to_owned(),
            mode: Mode::Live,
            tenant: tenant.map(str::to_owned),
            scopes: vec!["*".to_owned()],
            prefix: "sk_live_abc".to_owned(),
            hash: [hash; 32],
            now: self.now,
        }
    }

    /// An event of the first tenant, of type `a.b`, matched against the present routing.
    pub async fn event(&mut self, deliveries: Vec<NewDelivery>) -> NewEvent {
        self.event_of(self.tenant, "a.b", deliveries).await
    }

    /// An event of a tenant.
    pub async fn event_of(
        &mut self,
        tenant: TenantKey,
        kind: &str,
        deliveries: Vec<NewDelivery>,
    ) -> NewEvent {
        let routing = self.store().routes(tenant).await.unwrap().0;
        let kind = self.store().intern_type(self.project, kind).await.unwrap();
        NewEvent {
            ordinal: self.ordinals.next(self.now),
            project: self.project,
            mode: Mode::Live,
            tenant,
            routing,
            kind,
            timestamp: self.now,
            data: Bytes::from_static(br#"{"amount": 1.50}"#),
            changes: None,
            attributes: None,
            ordering_key: None,
            deliver_at: None,
            idempotency: None,
            flags: EventFlags::default(),
            retention_days: 30,
            deliveries,
            fanout: Fanout::default(),
        }
    }

    /// Events whose deliveries are not all written.
    pub async fn unfinished(&self) -> Vec<WaitingFanout> {
        self.store().unfinished_fanouts(Ordinal::default(), 100).await.unwrap()
    }

    /// Parts of match sets of the tenant's events.
    pub async fn parts(&self, events: Vec<(Ordinal, u32)>, limit: usize) -> Vec<FanoutPart> {
        let query = FanoutQuery { tenant: self.tenant, events, known: None, limit };
        self.store().fanout_parts(query).await.unwrap().parts
    }

    /// Commits.
    pub async fn commit(&self, batch: Batch) -> Committed {
        self.store().commit(Batch { now: self.now, low_water: self.low_water, ..batch }).await.unwrap()
    }

    /// Appends one request.
    pub async fn append(&self, append: Append) -> AppendOutcome {
        self.commit(Batch { appends: vec![append], ..Batch::default() }).await.appends.remove(0)
    }

    /// Appends events that must be accepted.
    pub async fn accept(&self, events: Vec<NewEvent>) -> Vec<EventOutcome> {
        match self.append(Append { idempotency: None, events }).await {
            AppendOutcome::Appended(outcomes) => outcomes,
            other => unreachable!("the append must be accepted: {other:?}"),
        }
    }

    /// An accepted event with one delivery.
    pub async fn deliver(&mut self, endpoint: EndpointKey, place: Place) -> DeliveryKey {
        let event = self.event(vec![NewDelivery { endpoint, place }]).await;
        let key = DeliveryKey { event: event.ordinal, endpoint };
        self.accept(vec![event]).await;
        key
    }

    /// An attempt that began now.
    pub fn attempt(&self, number: u32, success: bool) -> Attempt {
        Attempt {
            number,
            started_at: self.now,
            latency_ms: 20,
            response_status: Some(if success { 200 } else { 500 }),
            error: (!success).then(|| "http_status".to_owned()),
            success,
            excerpt: Bytes::from_static(b"said"),
            note: None,
        }
    }

    /// Settles with an attempt of that number.
    pub async fn settle(&self, delivery: DeliveryKey, number: u32, next: Next, fresh: bool) -> Settled {
        let attempt = Some(self.attempt(number, next == Next::Delivered));
        let settle = Settle { delivery, attempt, next, fresh, key: None };
        self.commit(Batch { settles: vec![settle], ..Batch::default() }).await.settles.remove(0)
    }

    /// Ends a fresh delivery.
    pub async fn end(&self, delivery: DeliveryKey, next: Next) -> Settled {
        self.settle(delivery, 1, next, true).await
    }

    /// Makes one change.
    pub async fn change(&self, change: Change) -> ChangeOutcome {
        self.commit(Batch { changes: vec![change], ..Batch::default() }).await.changes.remove(0)
    }

    /// What is due of an endpoint, with everything.
    pub async fn due_page(&self, endpoint: EndpointKey) -> DuePage {
        let query =
            DueQuery { endpoint, until: self.now, skip: Vec::new(), limit: 1000, body_bytes: 1 << 20 };
        self.store().due(query).await.unwrap()
    }

    /// What is due of an endpoint.
    pub async fn due(&self, endpoint: EndpointKey) -> Vec<DueDelivery> {
        self.due_page(endpoint).await.rows
    }

    /// The last event.
    pub fn highest(&self) -> Ordinal {
        self.ordinals.last()
    }

    /// Sweeps two by two to the end.
    pub async fn sweep(&self, sweep: Sweep) -> Swept {
        let mut sum = Swept::default();
        loop {
            let Swept { ended, released } = self.store().sweep(sweep, 2).await.unwrap();
            sum = Swept { ended: sum.ended + ended, released: sum.released || released };
            if ended < 2 {
                return sum;
            }
        }
    }

    /// Disables an endpoint in the catalogue.
    pub async fn disable(&self, endpoint: &Endpoint) {
        let patch = EndpointPatch {
            revision: endpoint.revision,
            config: None,
            sealed: None,
            change: Some(EndpointChange::Disable(DisabledReason::Manual)),
            now: self.now,
        };
        let note = audit("endpoint.disable", self.now);
        self.store().update_endpoint(endpoint.key, patch, None, note).await.unwrap();
    }

    /// The events that are due.
    pub async fn due_events(&self, endpoint: EndpointKey) -> Vec<Ordinal> {
        self.due(endpoint).await.iter().map(|row| row.event).collect()
    }

    /// One delivery with its attempts.
    pub async fn detail(&self, key: DeliveryKey) -> Option<DeliveryDetail> {
        self.store().delivery_detail(self.scope(), key.event, key.endpoint).await.unwrap()
    }

    /// Where a delivery stands.
    pub async fn state(&self, key: DeliveryKey) -> DeliveryState {
        self.detail(key).await.unwrap().summary.state
    }

    /// Does all standing work there is.
    pub async fn tidy(&self) {
        while self.store().step(self.now, Duration::from_millis(20)).await.unwrap().more {}
    }
}

/// An audit entry of nobody in particular.
pub(super) fn audit(action: &'static str, at: Millis) -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "root".to_owned(),
        action,
        target: "x".to_owned(),
        detail: json!({}),
        at,
    }
}

/// A project to create.
pub(super) fn new_project(id: &str, now: Millis) -> NewProject {
    NewProject {
        id: id.to_owned(),
        name: "Acme".to_owned(),
        contract: "standard".to_owned(),
        settings: json!({"retention_days": 7}),
        now,
    }
}

/// Every delivery of an endpoint.
pub(super) fn selection(endpoint: EndpointKey) -> Selection {
    Selection { endpoint, since: None, until: None, states: Vec::new(), types: Vec::new() }
}

/// A delivery to its lane.
pub(super) fn lane(endpoint: EndpointKey) -> NewDelivery {
    NewDelivery { endpoint, place: Place::Lane }
}

/// Deliveries that follow their event, of endpoints that keep no order.
pub(super) fn after(endpoints: &[EndpointKey]) -> Fanout {
    Fanout {
        endpoints: endpoints.iter().map(|endpoint| (*endpoint, Ordering::None)).collect(),
        ordered: false,
    }
}

/// The same, as a store tells of them.
pub(super) fn unordered(endpoints: &[EndpointKey]) -> Vec<(EndpointKey, Option<Ordering>)> {
    endpoints.iter().map(|endpoint| (*endpoint, Some(Ordering::None))).collect()
}
