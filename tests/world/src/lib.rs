//! A running system with one project, and calls into its router: the real surfaces, engine and store, in process and in
//! virtual time, with receivers that answer as told.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod receivers;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use postrider_contract::Contract;
use postrider_courier::GuardPolicy;
use postrider_engine::ports::{Clock, Fatal, Rng, Spawner, Task};
use postrider_engine::{Contracts, Engine, EngineParts, Settings};
use postrider_http::{App, AppParts};
use postrider_model::id::{IdSalt, KeyId, Mode, ProjectKey};
use postrider_model::limits::Limits;
use postrider_model::time::Millis;
use postrider_service::authenticate::hash_key;
use postrider_service::{Authenticator, Sessions};
use postrider_store::{NewApiKey, NewAudit, NewProject, Store};
use postrider_store_sqlite::{OpenError, Options, SqliteStore};
use postrider_vault::{Keyring, MasterKey};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt as _;

pub use self::receivers::{Act, Receivers, Sent};

/// 2026-01-22T10:30:00Z.
pub const START: Millis = Millis(1_769_077_800_000);

/// The addresses that deliveries come from.
pub const EGRESS: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2))];

/// The root key.
pub const ROOT_KEY: &str = "root-key-of-the-tests-0";

/// What answers: the routers of the surfaces under test.
pub type Surface = fn(App) -> Router;

/// Another contract, with what `standard` has not: a closed catalogue, one signature, UUIDs, limits.
const STRICT: &str = include_str!("strict.toml");

/// `scopien` as a team may have it whose filters are ours.
fn scopien_native() -> Contract {
    let file = postrider_contract::builtin_file("scopien").unwrap();
    let file = file.replacen("name = \"scopien\"", "name = \"scopien-native\"", 1);
    Contract::parse(&file.replacen("filter = \"suffix\"", "filter = \"native\"", 1)).unwrap()
}

#[derive(Debug)]
struct VirtualClock {
    start: Millis,
    began: Instant,
}

impl Clock for VirtualClock {
    fn now(&self) -> Millis {
        self.start + self.began.elapsed()
    }
}

#[derive(Debug)]
struct Counted(AtomicU64);

impl Rng for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            // SplitMix64: the same in every run, and no two alike.
            let mut z = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            part.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..part.len()]);
        }
    }
}

#[derive(Debug, Default)]
struct Tasks(Mutex<JoinSet<()>>);

impl Spawner for Tasks {
    fn spawn(&self, task: Task) {
        self.0.lock().unwrap().spawn(task);
    }
}

#[derive(Debug)]
struct Panics;

impl Fatal for Panics {
    fn die(&self, reason: &str) {
        panic!("the engine died: {reason}");
    }
}

/// The system. Its time is virtual: use it in `#[tokio::test(start_paused = true)]`.
pub struct World {
    pub receivers: Arc<Receivers>,
    pub engine: Engine,
    router: Router,
    project: ProjectKey,
    tasks: Arc<Tasks>,
    site: Site,
    /// Pages that are kept up to date go on for as long as it is there.
    _stopping: watch::Sender<bool>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("project", &self.project).finish_non_exhaustive()
    }
}

/// What a world begins on that is to be found again when it is over: a server may be started on it then.
#[derive(Debug)]
pub struct Ground {
    /// Where its data is kept.
    pub dir: PathBuf,
    /// What its secrets are sealed with.
    pub master_key: MasterKey,
    /// When it begins.
    pub start: Millis,
}

type OpenStore = fn(Options) -> Result<Arc<SqliteStore>, OpenError>;

/// What outlives a crash.
struct Site {
    surface: Surface,
    open: OpenStore,
    dir: PathBuf,
    /// Where the directory is the world's own, it goes with it.
    _own: Option<tempfile::TempDir>,
    clock: Arc<VirtualClock>,
    receivers: Arc<Receivers>,
    keyring: Arc<Keyring>,
}

impl Site {
    fn of(surface: Surface, open: OpenStore, ground: Ground) -> Self {
        let Ground { dir, master_key, start } = ground;
        Self {
            surface,
            open,
            dir,
            _own: None,
            clock: Arc::new(VirtualClock { start, began: Instant::now() }),
            receivers: Arc::new(Receivers::default()),
            keyring: Arc::new(Keyring::new(&master_key).unwrap()),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub json: Value,
    pub text: String,
}

impl Answer {
    /// The pointers of a problem's faults.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|fault| fault["pointer"].as_str()).collect()
    }

    /// The answer, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// The id in it.
    pub fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.text)).to_owned()
    }
}

impl World {
    /// With a project under the contract `standard` and the key `sk_live_all`.
    pub async fn new(surface: Surface) -> Self {
        Self::under(surface, "standard").await
    }

    /// With a store that works on threads of its own, so that calls meet each other between any two of its answers;
    /// for `#[tokio::test]`, in real time.
    pub async fn on_threads(surface: Surface, contract: &str) -> Self {
        Self::of(surface, contract, SqliteStore::open).await
    }

    /// With a project under this contract.
    pub async fn under(surface: Surface, contract: &str) -> Self {
        Self::of(surface, contract, SqliteStore::open_inline).await
    }

    /// With what lies there, without a project of its own.
    pub async fn on(surface: Surface, ground: Ground) -> Self {
        Self::start(Site::of(surface, SqliteStore::open_inline, ground)).await
    }

    async fn of(surface: Surface, contract: &str, open: OpenStore) -> Self {
        let own = tempfile::tempdir().unwrap();
        let master_key = MasterKey::generate().unwrap();
        let ground = Ground { dir: own.path().to_owned(), master_key, start: START };
        let site = Site { _own: Some(own), ..Site::of(surface, open, ground) };
        let mut world = Self::start(site).await;
        let new = NewProject {
            id: "acme".into(),
            name: "Acme".into(),
            contract: contract.into(),
            settings: json!({}),
            now: START,
        };
        world.project = world.engine.store().create_project(new, audit()).await.unwrap().key;
        world.key("sk_live_all", Mode::Live, None, &["*"]).await;
        world
    }

    async fn start(site: Site) -> Self {
        let store = (site.open)(Options::new(&site.dir, IdSalt(7))).unwrap();
        let salt = store.salt();
        let tasks = Arc::new(Tasks::default());
        let mut contracts = Contracts::builtin();
        contracts.add(Arc::new(Contract::parse(STRICT).unwrap()));
        contracts.add(Arc::new(scopien_native()));
        let engine = Engine::start(EngineParts {
            store: store as Arc<dyn Store>,
            transport: site.receivers.clone(),
            clock: site.clock.clone(),
            rng: Arc::new(Counted(AtomicU64::new(1))),
            spawner: tasks.clone(),
            fatal: Arc::new(Panics),
            keyring: site.keyring.clone(),
            contracts,
            guard: GuardPolicy::default(),
            salt,
            limits: Limits::default(),
            settings: Settings::default(),
        })
        .await
        .unwrap();
        let (stop, stopping) = watch::channel(false);
        let parts = AppParts {
            engine: engine.clone(),
            authenticator: Authenticator::new(hash_key(ROOT_KEY)),
            sessions: Sessions::new(),
            egress_ips: EGRESS.to_vec(),
            version: "0",
            public_url: "http://localhost".into(),
            serve_metrics: true,
            stopping,
        };
        let router = (site.surface)(App::new(parts));
        let receivers = site.receivers.clone();
        Self { receivers, engine, router, project: ProjectKey(0), tasks, site, _stopping: stop }
    }

    /// Drops every task where it stands, and starts anew on what is on disk.
    pub async fn crash(self) -> Self {
        let (project, site) = self.fall().await;
        Self { project, ..Self::start(site).await }
    }

    /// Ends it in good order: what is in flight is finished and settled.
    pub async fn end(self) {
        self.engine.wind_down();
        self.engine.stop().await;
        self.engine.store().close().await.unwrap();
        self.fall().await;
    }

    /// Drops every task where it stands; what is left outlives it.
    async fn fall(self) -> (ProjectKey, Site) {
        let Self { engine, router, project, tasks, site, .. } = self;
        let mut running = std::mem::take(&mut *tasks.0.lock().unwrap());
        running.shutdown().await;
        drop((engine, router, tasks));
        (project, site)
    }

    /// Makes a key.
    pub async fn key(&self, key: &str, mode: Mode, tenant: Option<&str>, scopes: &[&str]) {
        let new = NewApiKey {
            id: KeyId(self.engine.new_id()),
            project: self.project,
            name: key.into(),
            mode,
            tenant: tenant.map(str::to_owned),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            prefix: key.chars().take(12).collect(),
            hash: hash_key(key),
            now: START,
        };
        self.engine.store().create_key(new, audit()).await.unwrap();
    }

    /// Lets virtual time pass until everything that is due in it has happened.
    pub async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// A call with a JSON body.
    pub async fn call(&self, method: Method, path: &str, body: Value) -> Answer {
        self.call_as("sk_live_all", method, path, body).await
    }

    /// A call with another key.
    pub async fn call_as(&self, key: &str, method: Method, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(&body).unwrap() };
        self.send(key, method, path, &[], body).await
    }

    /// A call with anything as its body.
    pub async fn send(
        &self,
        key: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(request, body).await
    }

    /// A call without a body whose key is in `X-API-Key`.
    pub async fn with_api_key(&self, key: &str, method: Method, path: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).header("x-api-key", key);
        self.answer(request, Vec::new()).await
    }

    /// A call as it is given.
    pub async fn answer(&self, request: http::request::Builder, body: Vec<u8>) -> Answer {
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status();
        let headers = response.headers().clone();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status, headers, json: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// A call with the root key.
    pub async fn root(&self, method: Method, path: &str, body: Value) -> Answer {
        self.call_as(ROOT_KEY, method, path, body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, Value::Null).await
    }

    /// An endpoint of tenant `t1`; its path.
    pub async fn endpoint(&self, body: Value) -> String {
        let created = self.post("/v1/tenants/t1/endpoints", body).await.expect(201);
        format!("/v1/tenants/t1/endpoints/{}", created.id())
    }

    /// An event of tenant `t1`; its id.
    pub async fn event(&self, kind: &str, data: Value) -> String {
        let body = json!({"tenant": "t1", "type": kind, "data": data});
        self.post("/v1/events", body).await.expect(202).id()
    }
}

/// For what a test writes past the API.
pub fn audit() -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "root".into(),
        action: "test",
        target: String::new(),
        detail: Value::Null,
        at: START,
    }
}
