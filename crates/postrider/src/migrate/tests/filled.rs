//! A store with something in every table, in every state.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postrider_model::delivery::DeliveryKey;
use postrider_model::endpoint::Ordering;
use postrider_model::id::{EndpointKey, IdSalt, Mode, Ordinal, ReplayId};
use postrider_model::slot::NodeNumber;
use postrider_model::time::Millis;
use postrider_store::conformance::{Backend, World};
use postrider_store::{
    Append, Batch, Change, FanoutChunk, IdempotencyMark, NewAudit, NewDelivery, NewEventType, NewReplay,
    Next, Place, ProjectStatRow, ProjectSum, Selection, StatRow, StatSum, Store,
};
use postrider_store_sqlite::{Options, SqliteStore};
use serde_json::json;

/// What the tests ask for by name.
pub(super) struct Filled {
    /// Without order.
    pub(super) plain: EndpointKey,
    /// By key.
    pub(super) ordered: EndpointKey,
    /// The line of one key, as it must be delivered.
    pub(super) line: Vec<Ordinal>,
    /// In a lane when the server was killed.
    pub(super) in_lane: Ordinal,
    /// Its match set is half written out, for so many endpoints.
    pub(super) wide: (Ordinal, usize),
}

struct InDirectory(PathBuf);

#[async_trait]
impl Backend for InDirectory {
    async fn open(&mut self) -> Arc<dyn Store> {
        SqliteStore::open(Options::new(&self.0, IdSalt(7))).unwrap()
    }
}

/// Fills a directory; the store is let go as by a crash.
pub(super) async fn fill(dir: &Path) -> Filled {
    let mut w = World::new(Box::new(InDirectory(dir.to_owned()))).await;
    configure(&mut w).await;
    let (plain, ordered) = (w.endpoint().await, w.endpoint().await);
    late(&mut w, plain).await;
    every_state(&mut w, plain).await;
    remembered(&mut w, plain).await;
    other_tenants(&mut w).await;
    let line = lines(&mut w, ordered).await;
    let wide = wide(&mut w).await;
    replays(&mut w, plain).await;
    let in_lane = w.deliver(plain, Place::Lane).await.event;
    Filled { plain, ordered, line, in_lane, wide }
}

fn note(action: &'static str, at: Millis) -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "root".to_owned(),
        action,
        target: "x\0y".to_owned(),
        detail: json!({"said": "ü\u{0}"}),
        at,
    }
}

async fn configure(w: &mut World) {
    let at = w.now;
    let store = w.store().clone();
    store.set_fact("root_key_sha256", &[3; 32]).await.unwrap();
    let kind = NewEventType {
        project: w.project,
        name: "a.b".to_owned(),
        description: "An example".to_owned(),
        schema: Some(json!({"type": "object"})),
        example: None,
        now: at,
    };
    store.put_event_type(kind, note("type.put", at)).await.unwrap();
    for (hash, tenant) in [(1, None), (2, Some("t1"))] {
        let key = w.new_key(hash, tenant);
        store.create_key(key, note("key.create", at)).await.unwrap();
    }
}

/// Delivered, failed, held, cancelled, waiting for a retry, due, scheduled, of two classes, with all that an event may have.
async fn every_state(w: &mut World, endpoint: EndpointKey) {
    for next in [Next::Delivered, Next::Failed, Next::Held, Next::Cancelled] {
        let key = w.deliver(endpoint, Place::Lane).await;
        w.end(key, next).await;
    }
    let retried = w.deliver(endpoint, Place::Lane).await;
    w.end(retried, Next::Due { at: Millis(w.now.0 + 3_600_000), step: 1 }).await;
    let due = w.now;
    w.deliver(endpoint, Place::Due(due)).await;
    w.deliver(endpoint, Place::Held).await;
    let mut rich = w.event(vec![NewDelivery { endpoint, place: Place::Due(Millis(due.0 + 60_000)) }]).await;
    rich.deliver_at = Some(Millis(due.0 + 60_000));
    rich.changes = Some(bytes::Bytes::from_static(br#"{"amount": [1, 2]}"#));
    rich.attributes = Some(bytes::Bytes::from_static(br#"{"a": "b"}"#));
    rich.retention_days = 7;
    rich.mode = Mode::Test;
    w.accept(vec![rich]).await;
    let erased = w.deliver(endpoint, Place::Lane).await;
    w.end(erased, Next::Delivered).await;
    assert!(w.store().erase_data(w.scope(), erased.event).await.unwrap());
    let unwanted = w.event(Vec::new()).await;
    w.accept(vec![unwanted]).await;
}

/// An event whose time was over before it was delivered.
async fn late(w: &mut World, endpoint: EndpointKey) {
    let place = Place::Due(w.now);
    let mut event = w.event(vec![NewDelivery { endpoint, place }]).await;
    event.retention_days = 1;
    w.accept(vec![event]).await;
    w.pass(2 * 24 * 3600);
    w.tidy().await;
}

/// Idempotency keys: of events, of a whole request, and of one whose events all repeat others.
async fn remembered(w: &mut World, endpoint: EndpointKey) {
    let mark = |of: u8| Some(IdempotencyMark { key: [of; 16], body: [of + 1; 16] });
    let lane = || vec![NewDelivery { endpoint, place: Place::Due(Millis(9)) }];
    let (mut first, second) = (w.event(lane()).await, w.event(lane()).await);
    first.idempotency = mark(1);
    w.append(Append { idempotency: mark(2), events: vec![first, second] }).await;
    let mut again = w.event(lane()).await;
    again.idempotency = mark(1);
    w.append(Append { idempotency: mark(3), events: vec![again] }).await;
    let row = StatRow { endpoint, minute: 7, sum: StatSum { succeeded: 3, ..StatSum::default() } };
    w.store().add_stats(vec![row]).await.unwrap();
    let mut sum = ProjectSum { accepted: 3, ..ProjectSum::default() };
    sum.latencies.record(Duration::from_millis(30));
    let row = ProjectStatRow { project: w.project, mode: Mode::Live, minute: 7, node: NodeNumber(3), sum };
    w.store().add_project_stats(vec![row]).await.unwrap();
}

/// A second tenant, and one that is being erased.
async fn other_tenants(w: &mut World) {
    for (name, deleted) in [("t2", false), ("t3", true)] {
        let tenant = w.store().ensure_tenant(w.project, name, w.now).await.unwrap().key;
        let endpoint = w.endpoint_of(tenant).await;
        let place = Place::Due(w.now);
        let event = w.event_of(tenant, "c", vec![NewDelivery { endpoint: endpoint.key, place }]).await;
        w.accept(vec![event]).await;
        if deleted {
            w.store().delete_tenant(tenant, w.now, note("tenant.delete", w.now)).await.unwrap();
        } else {
            w.disable(&endpoint).await;
        }
    }
}

/// Keys in order: a head that is tried again, two behind it, a scheduled one that entered between them, and one that has
/// not entered.
async fn lines(w: &mut World, endpoint: EndpointKey) -> Vec<Ordinal> {
    let (key, due) = (u64::MAX - 5, w.now);
    let later = Millis(due.0 + 1);
    let scheduled = w.deliver(endpoint, Place::Scheduled { key, due }).await;
    w.deliver(endpoint, Place::Scheduled { key, due: Millis(due.0 + 7_200_000) }).await;
    let head = w.deliver(endpoint, Place::Ordered { key, due }).await;
    let second = w.deliver(endpoint, Place::Ordered { key, due }).await;
    let place = w.ordinals.next(w.now);
    w.change(Change::Enter { delivery: scheduled, key, place, due }).await;
    let last = w.deliver(endpoint, Place::Ordered { key, due }).await;
    w.settle(head, 1, Next::Due { at: later, step: 1 }, false).await;
    // Another key, whose first was delivered.
    let gone = w.deliver(endpoint, Place::Ordered { key: 5, due }).await;
    w.deliver(endpoint, Place::Ordered { key: 5, due }).await;
    w.settle(gone, 1, Next::Delivered, false).await;
    [head, second, scheduled, last].map(|key: DeliveryKey| key.event).to_vec()
}

async fn wide(w: &mut World) -> (Ordinal, usize) {
    let mut endpoints = Vec::new();
    for _ in 0..6 {
        endpoints.push(w.endpoint().await);
    }
    let mut event = w.event(Vec::new()).await;
    event.fanout.endpoints = endpoints.iter().map(|endpoint| (*endpoint, Ordering::Key)).collect();
    event.fanout.ordered = true;
    let ordinal = event.ordinal;
    w.accept(vec![event]).await;
    let deliveries = endpoints[..2].iter();
    let deliveries =
        deliveries.map(|endpoint| NewDelivery { endpoint: *endpoint, place: Place::Lane }).collect();
    let chunk = FanoutChunk { event: ordinal, deliveries, done: 2, last: false };
    w.commit(Batch { fanouts: vec![chunk], ..Batch::default() }).await;
    (ordinal, endpoints.len())
}

async fn replays(w: &mut World, endpoint: EndpointKey) {
    let id = ReplayId(w.ordinals.next(w.now).to_uuid(IdSalt(7)));
    let selection = Selection { endpoint, since: None, until: None, states: Vec::new(), types: Vec::new() };
    let new = NewReplay {
        id,
        scope: w.scope(),
        tenant: w.tenant,
        selection,
        per_second: 50,
        matched: 3,
        now: w.now,
    };
    w.store().create_replay(new, note("replay.create", w.now)).await.unwrap();
}
