//! An engine in a test: the real store in a temporary directory, virtual time, receivers that are closures.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own set-up may panic: that fails the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use postrider_courier::{BoxFuture, GuardPolicy, Outbound, Report, Transport};
use postrider_engine::ports::{Clock, Fatal, Rng, Spawner, Task};
use postrider_engine::{Contracts, Engine, EngineParts, EventIn, Origin, Settings};
use postrider_model::delivery::{Attempt, DeliveryState};
use postrider_model::endpoint::{DisabledReason, EndpointConfig, EndpointSecrets};
use postrider_model::id::{EndpointId, EndpointKey, IdSalt, Mode, ProjectKey, ReplayId};
use postrider_model::limits::Limits;
use postrider_model::time::Millis;
use postrider_store::{
    Catalogue, Endpoint, EndpointChange, EndpointPatch, History, NewAudit, NewEndpoint, NewProject,
    NewReplay, Scope, Selection,
};
use postrider_store_sqlite::{Options, SqliteStore};
use postrider_vault::Keyring;
use tempfile::TempDir;

const SALT: IdSalt = IdSalt(7);

/// Tokio's paused clock, on a date, with jumps as a wall clock makes them.
#[derive(Debug)]
struct VirtualClock {
    start: tokio::time::Instant,
    set_ms: AtomicI64,
}

impl Clock for VirtualClock {
    fn now(&self) -> Millis {
        Millis(1_800_000_000_000 + self.set_ms.load(Ordering::Relaxed)) + self.start.elapsed()
    }
}

/// Numbers that repeat.
#[derive(Debug, Default)]
struct Counter(AtomicU64);

impl Rng for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            chunk.copy_from_slice(&next.to_le_bytes()[..chunk.len()]);
        }
    }
}

#[derive(Debug)]
struct OnRuntime;

impl Spawner for OnRuntime {
    fn spawn(&self, task: Task) {
        tokio::runtime::Handle::current().spawn(task);
    }
}

#[derive(Debug)]
struct Panics;

impl Fatal for Panics {
    fn die(&self, reason: &str) {
        panic!("the engine died: {reason}");
    }
}

/// A request that a receiver got.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) endpoint: EndpointKey,
    pub(crate) url: String,
    pub(crate) body: Bytes,
    /// By the wall clock.
    pub(crate) at: Millis,
    /// What passed since the test began.
    pub(crate) after: Duration,
}

type Answer = dyn Fn(&Received, usize) -> (u16, Duration) + Send + Sync;

/// Answers every request by a closure that gets the request and how many came before it; status 0 is a timeout.
pub(crate) struct Receivers {
    answer: Box<Answer>,
    clock: Arc<VirtualClock>,
    pub(crate) received: Arc<Mutex<Vec<Received>>>,
}

impl Transport for Receivers {
    fn send(&self, request: Outbound) -> BoxFuture<'static, Report> {
        let endpoint = EndpointKey(request.endpoint);
        let url = request.target.as_str().to_owned();
        let after = self.clock.start.elapsed();
        let received = Received { endpoint, url, body: request.body, at: self.clock.now(), after };
        let before = {
            let mut all = self.received.lock();
            all.push(received.clone());
            all.len() - 1
        };
        let (status, latency) = (self.answer)(&received, before);
        Box::pin(async move {
            tokio::time::sleep(latency).await;
            match status {
                0 => Report::failed(
                    postrider_courier::Failure::Timeout(postrider_courier::Stage::Response),
                    latency,
                ),
                status => Report::answered(status, latency),
            }
        })
    }
}

/// A running engine.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) project: ProjectKey,
    pub(crate) received: Arc<Mutex<Vec<Received>>>,
    clock: Arc<VirtualClock>,
    dir: TempDir,
}

impl World {
    /// Starts an engine on an empty store.
    pub(crate) async fn new(
        answer: impl Fn(&Received, usize) -> (u16, Duration) + Send + Sync + 'static,
    ) -> Self {
        Self::with(Settings::default(), answer).await
    }

    /// As [`World::new`], with settings of the engine's own.
    pub(crate) async fn with(
        settings: Settings,
        answer: impl Fn(&Received, usize) -> (u16, Duration) + Send + Sync + 'static,
    ) -> Self {
        let clock = Arc::new(VirtualClock { start: tokio::time::Instant::now(), set_ms: AtomicI64::new(0) });
        Self::on(tempfile::tempdir().unwrap(), clock, settings, answer).await
    }

    async fn on(
        dir: TempDir,
        clock: Arc<VirtualClock>,
        settings: Settings,
        answer: impl Fn(&Received, usize) -> (u16, Duration) + Send + Sync + 'static,
    ) -> Self {
        let store = SqliteStore::open_inline(Options::new(dir.path(), SALT)).unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let transport = Receivers {
            answer: Box::new(answer),
            clock: Arc::clone(&clock),
            received: Arc::clone(&received),
        };
        let engine = Engine::start(EngineParts {
            store: store.clone(),
            transport: Arc::new(transport),
            clock: Arc::<VirtualClock>::clone(&clock),
            rng: Arc::new(Counter::default()),
            spawner: Arc::new(OnRuntime),
            fatal: Arc::new(Panics),
            keyring: Arc::new(keyring()),
            contracts: Contracts::builtin(),
            guard: GuardPolicy { allow_http: true, allow_private: true, ..GuardPolicy::default() },
            salt: store.salt(),
            limits: Limits::default(),
            settings: Settings { min_free_bytes: 0, ..settings },
        })
        .await
        .unwrap();
        let project = match store.project("acme").await.unwrap() {
            Some(project) => project.key,
            None => store.create_project(project(engine.now()), audit()).await.unwrap().key,
        };
        Self { engine, store, project, received, clock, dir }
    }

    /// The state of a delivery and its attempts.
    pub(crate) async fn outcome(
        &self,
        accepted: postrider_engine::Accepted,
        endpoint: &Endpoint,
    ) -> (DeliveryState, Vec<Attempt>) {
        let scope = Scope { project: self.project, mode: Mode::Live, tenant: None };
        let detail = self.store.delivery_detail(scope, accepted.ordinal, endpoint.key).await.unwrap();
        let detail = detail.unwrap();
        (detail.summary.state, detail.attempts)
    }

    /// Somebody sets the wall clock.
    pub(crate) fn set_clock(&self, by_ms: i64) {
        self.clock.set_ms.fetch_add(by_ms, Ordering::Relaxed);
    }

    /// Stops the engine in order and starts another on the same store.
    pub(crate) async fn restart(
        self,
        answer: impl Fn(&Received, usize) -> (u16, Duration) + Send + Sync + 'static,
    ) -> Self {
        self.restart_with(Settings::default(), answer).await
    }

    /// As [`World::restart`], with settings of the engine's own.
    pub(crate) async fn restart_with(
        self,
        settings: Settings,
        answer: impl Fn(&Received, usize) -> (u16, Duration) + Send + Sync + 'static,
    ) -> Self {
        self.engine.stop().await;
        postrider_store::Upkeep::close(&*self.store).await.unwrap();
        drop(self.engine);
        drop(self.store);
        Self::on(self.dir, self.clock, settings, answer).await
    }

    /// Creates an endpoint of tenant `t1`.
    pub(crate) async fn endpoint(&self, change: impl FnOnce(&mut EndpointConfig)) -> Endpoint {
        let tenant = self.store.ensure_tenant(self.project, "t1", self.engine.now()).await.unwrap();
        let mut config =
            EndpointConfig { url: "http://127.0.0.1:9/hook".to_owned(), ..EndpointConfig::default() };
        change(&mut config);
        let id = EndpointId(self.engine.new_id());
        let sealed = serde_json::to_vec(&EndpointSecrets::default()).unwrap();
        let sealed = keyring().seal(&sealed, id.0.as_bytes()).unwrap();
        let new = NewEndpoint {
            id,
            project: self.project,
            mode: Mode::Live,
            tenant: tenant.key,
            config,
            sealed: sealed.into(),
            enabled: true,
            now: self.engine.now(),
        };
        let endpoint = self.store.create_endpoint(new, None, audit()).await.unwrap();
        self.engine.endpoint_changed(tenant.key, endpoint.key).await;
        endpoint
    }

    /// Disables an endpoint.
    pub(crate) async fn switch_off(&self, endpoint: &Endpoint) {
        self.switch_in_store(endpoint, EndpointChange::Disable(DisabledReason::Manual)).await;
        self.engine.endpoint_changed(endpoint.tenant, endpoint.key).await;
    }

    /// Enables an endpoint that was disabled since it was read.
    pub(crate) async fn switch_on(&self, endpoint: &Endpoint) {
        let now_off = self.store.endpoint_by_key(endpoint.key).await.unwrap().unwrap();
        self.switch_in_store(&now_off, EndpointChange::Enable).await;
        self.engine.endpoint_changed(endpoint.tenant, endpoint.key).await;
    }

    /// Enables or disables an endpoint, and the engine does not hear of it, as where the process ends just then.
    pub(crate) async fn switch_in_store(&self, endpoint: &Endpoint, change: EndpointChange) -> Endpoint {
        self.change_in_store(endpoint, None, Some(change)).await
    }

    /// Gives an endpoint another URL.
    pub(crate) async fn move_to(&self, endpoint: &Endpoint, url: &str) {
        let config = EndpointConfig { url: url.to_owned(), ..endpoint.config.clone() };
        self.change_in_store(endpoint, Some(config), None).await;
        self.engine.endpoint_changed(endpoint.tenant, endpoint.key).await;
    }

    /// Changes an endpoint's configuration.
    pub(crate) async fn change(
        &self,
        endpoint: &Endpoint,
        change: impl FnOnce(&mut EndpointConfig),
    ) -> Endpoint {
        let mut config = endpoint.config.clone();
        change(&mut config);
        let endpoint = self.change_in_store(endpoint, Some(config), None).await;
        self.engine.endpoint_changed(endpoint.tenant, endpoint.key).await;
        endpoint
    }

    /// Deletes an endpoint.
    pub(crate) async fn delete(&self, endpoint: &Endpoint) {
        self.store.delete_endpoint(endpoint.key, self.engine.now(), audit()).await.unwrap();
        self.engine.endpoint_changed(endpoint.tenant, endpoint.key).await;
    }

    async fn change_in_store(
        &self,
        endpoint: &Endpoint,
        config: Option<EndpointConfig>,
        change: Option<EndpointChange>,
    ) -> Endpoint {
        let revision = endpoint.revision;
        let patch = EndpointPatch { revision, config, sealed: None, change, now: self.engine.now() };
        self.store.update_endpoint(endpoint.key, patch, None, audit()).await.unwrap().unwrap()
    }

    /// Posts one event for tenant `t1`.
    pub(crate) async fn post(
        &self,
        data: &str,
        change: impl FnOnce(&mut EventIn),
    ) -> postrider_engine::Accepted {
        let mut event = EventIn {
            tenant: "t1".to_owned(),
            kind: "contact.created".to_owned(),
            data: Bytes::copy_from_slice(data.as_bytes()),
            changes: None,
            attributes: None,
            timestamp: None,
            ordering_key: None,
            deliver_at: None,
            idempotency: None,
            size: data.len(),
        };
        change(&mut event);
        let origin = Origin { project: self.project, mode: Mode::Live, tenant: None };
        self.engine.accept(origin, vec![event], None).await.unwrap()[0]
    }

    /// Posts so many events for tenant `t1` in one request.
    pub(crate) async fn post_batch(&self, count: usize) -> Vec<postrider_engine::Accepted> {
        let event = |n: usize| EventIn {
            tenant: "t1".to_owned(),
            kind: "contact.created".to_owned(),
            data: Bytes::from(n.to_string()),
            changes: None,
            attributes: None,
            timestamp: None,
            ordering_key: None,
            deliver_at: None,
            idempotency: None,
            size: 4,
        };
        let origin = Origin { project: self.project, mode: Mode::Live, tenant: None };
        self.engine.accept(origin, (0..count).map(event).collect(), None).await.unwrap()
    }

    /// Posts these events in one request.
    pub(crate) async fn post_all(
        &self,
        events: Vec<EventIn>,
    ) -> Result<Vec<postrider_engine::Accepted>, postrider_engine::AcceptError> {
        let origin = Origin { project: self.project, mode: Mode::Live, tenant: None };
        self.engine.accept(origin, events, None).await
    }

    /// Events whose deliveries are not all written.
    pub(crate) async fn unfinished(&self) -> i64 {
        let count =
            |conn: &rusqlite::Connection| conn.query_row("SELECT count(*) FROM fanout", [], |row| row.get(0));
        self.store.inspect(count).unwrap().unwrap()
    }

    /// Starts a replay of what failed.
    pub(crate) async fn replay(&self, endpoint: EndpointKey, per_second: u32) -> ReplayId {
        let tenant = self.store.ensure_tenant(self.project, "t1", self.engine.now()).await.unwrap();
        let states = vec![DeliveryState::Failed];
        let selection = Selection { endpoint, since: None, until: None, states, types: Vec::new() };
        let new = NewReplay {
            id: ReplayId(self.engine.new_id()),
            scope: Scope { project: self.project, mode: Mode::Live, tenant: None },
            tenant: tenant.key,
            selection,
            per_second,
            matched: 0,
            now: self.engine.now(),
        };
        let id = self.store.create_replay(new, audit()).await.unwrap().id;
        self.engine.replays_changed();
        id
    }

    /// Waits, in virtual time, until so many requests came.
    pub(crate) async fn wait_for(&self, count: usize) {
        let patience = tokio::time::Instant::now() + Duration::from_secs(7 * 86_400);
        while self.received.lock().len() < count {
            assert!(
                tokio::time::Instant::now() < patience,
                "only {} of {count} came",
                self.received.lock().len()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn keyring() -> Keyring {
    Keyring::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap()
}

fn project(now: Millis) -> NewProject {
    NewProject {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        contract: "standard".to_owned(),
        settings: serde_json::json!({}),
        now,
    }
}

fn audit() -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "test".to_owned(),
        action: "test",
        target: String::new(),
        detail: serde_json::Value::Null,
        at: Millis(0),
    }
}
