//! Nodes on one database, with a project, a tenant and endpoints.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use postrider_model::delivery::{Attempt, DeliveryKey};
use postrider_model::endpoint::EndpointConfig;
use postrider_model::id::{
    EndpointId, EndpointKey, IdSalt, Mode, OrdinalSource, ProjectKey, TenantKey, TypeKey,
};
use postrider_model::slot::SlotSet;
use postrider_model::time::Millis;
use postrider_postgres::Database;
use postrider_store::{
    Append, AppendOutcome, Batch, Catalogue, Cluster, Committed, DueQuery, EventFlags, Fanout, Joined,
    Journal, NewAudit, NewDelivery, NewEndpoint, NewEvent, NewNode, NewProject, Next, Place, Settle, Store,
};
use postrider_store_postgres::{PostgresOptions, PostgresStore};
use serde_json::json;

pub(crate) const NOW: Millis = Millis(1_750_000_000_000);
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// A node: a store that joined.
pub(crate) struct Node {
    pub(crate) store: Arc<PostgresStore>,
    pub(crate) joined: Joined,
    pub(crate) ordinals: OrdinalSource,
    pub(crate) world: World,
}

/// What all nodes share.
#[derive(Clone, Copy)]
pub(crate) struct World {
    pub(crate) project: ProjectKey,
    pub(crate) tenant: TenantKey,
    pub(crate) kind: TypeKey,
}

pub(crate) async fn open(url: &str, pooler: bool) -> Arc<PostgresStore> {
    let options = PostgresOptions::new(url, IdSalt(7));
    PostgresStore::open(PostgresOptions { pooler, connections: 6, ..options }).await.unwrap()
}

pub(crate) fn new_node(name: &str, lease: Duration) -> NewNode {
    NewNode {
        name: name.to_owned(),
        address: format!("{name}:8080"),
        version: "1".to_owned(),
        serves: true,
        works: true,
        lease,
        now: NOW,
    }
}

fn audit() -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "root".to_owned(),
        action: "x",
        target: "x".to_owned(),
        detail: json!({}),
        at: NOW,
    }
}

/// The first node of a database.
pub(crate) async fn first(database: &Database) -> Node {
    first_on(database.url(), false).await
}

/// The first node of a database, by another way to it.
pub(crate) async fn first_on(url: &str, pooler: bool) -> Node {
    let store = open(url, pooler).await;
    let joined = store.join(new_node("a", LEASE)).await.unwrap();
    let new = NewProject {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        contract: "standard".to_owned(),
        settings: json!({}),
        now: NOW,
    };
    let project = store.create_project(new, audit()).await.unwrap().key;
    let tenant = store.ensure_tenant(project, "t1", NOW).await.unwrap().key;
    let kind = store.intern_type(project, "a.b").await.unwrap();
    let ordinals = OrdinalSource::of_node(joined.highest, joined.number);
    Node { store, joined, ordinals, world: World { project, tenant, kind } }
}

/// A further one.
pub(crate) async fn another(database: &Database, node: &Node) -> Node {
    another_on(database.url(), false, node).await
}

pub(crate) async fn another_on(url: &str, pooler: bool, node: &Node) -> Node {
    let store = open(url, pooler).await;
    let joined = store.join(new_node("b", LEASE)).await.unwrap();
    let ordinals = OrdinalSource::of_node(joined.highest, joined.number);
    Node { store, joined, ordinals, world: node.world }
}

impl Node {
    pub(crate) async fn endpoint(&mut self) -> EndpointKey {
        let new = NewEndpoint {
            id: EndpointId(self.ordinals.next(NOW).to_uuid(IdSalt(7))),
            project: self.world.project,
            mode: Mode::Live,
            tenant: self.world.tenant,
            config: EndpointConfig { url: "https://example.org".to_owned(), ..EndpointConfig::default() },
            sealed: Bytes::from_static(b"sealed"),
            enabled: true,
            now: NOW,
        };
        self.store.create_endpoint(new, None, audit()).await.unwrap().key
    }

    pub(crate) async fn event(&mut self, deliveries: Vec<NewDelivery>) -> NewEvent {
        let routing = self.store.routes(self.world.tenant).await.unwrap().0;
        self.event_at(routing, deliveries)
    }

    pub(crate) fn event_at(&mut self, routing: u64, deliveries: Vec<NewDelivery>) -> NewEvent {
        NewEvent {
            ordinal: self.ordinals.next(NOW),
            project: self.world.project,
            mode: Mode::Live,
            tenant: self.world.tenant,
            routing,
            kind: self.world.kind,
            timestamp: NOW,
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

    pub(crate) async fn commit(&self, batch: Batch) -> Committed {
        self.store.commit(Batch { now: NOW, ..batch }).await.unwrap()
    }

    /// An accepted event with one delivery.
    pub(crate) async fn deliver(&mut self, endpoint: EndpointKey, place: Place) -> DeliveryKey {
        let event = self.event(vec![NewDelivery { endpoint, place }]).await;
        let key = DeliveryKey { event: event.ordinal, endpoint };
        let committed = self.commit(appending(vec![event])).await;
        assert!(matches!(committed.appends[0], AppendOutcome::Appended(_)), "{:?}", committed.appends);
        key
    }

    pub(crate) async fn due(&self, endpoint: EndpointKey) -> Vec<i64> {
        let query = DueQuery {
            endpoint,
            until: Millis(NOW.0 + 1_000),
            skip: Vec::new(),
            limit: 1_000,
            body_bytes: 1 << 20,
        };
        let store: &dyn Store = &*self.store;
        store.due(query).await.unwrap().rows.iter().map(|row| row.event.0).collect()
    }

    pub(crate) async fn claim_all(&self) -> SlotSet {
        self.store.claim(SlotSet::ALL, NOW).await.unwrap().slots
    }
}

pub(crate) fn appending(events: Vec<NewEvent>) -> Batch {
    Batch {
        now: NOW,
        appends: events.into_iter().map(|event| Append { idempotency: None, events: vec![event] }).collect(),
        ..Batch::default()
    }
}

pub(crate) fn settle(delivery: DeliveryKey, next: Next, fresh: bool) -> Settle {
    let success = next == Next::Delivered;
    let attempt = Attempt {
        number: 1,
        started_at: NOW,
        latency_ms: 20,
        response_status: Some(if success { 200 } else { 500 }),
        error: (!success).then(|| "http_status".to_owned()),
        success,
        excerpt: Bytes::from_static(b"said"),
        note: None,
    };
    Settle { delivery, attempt: Some(attempt), next, fresh, key: None }
}

pub(crate) fn settling(settles: Vec<Settle>) -> Batch {
    Batch { now: NOW, settles, ..Batch::default() }
}
