//! Several nodes on one store (DESIGN 6), each a real engine: they are killed, cut off from the store, stopped and
//! started while clients post to whichever answers. The tables are one real SQLite; what PostgreSQL's transactions
//! decide (leases, slots, news) is decided by a few maps beside it.

mod books;
mod receivers;
mod room;
mod seat;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use postrider_courier::GuardPolicy;
use postrider_engine::ports::{Clock, Spawner};
use postrider_engine::{Contracts, Engine, EngineParts, EventIn, NodeSettings, Origin, Settings};
use postrider_model::endpoint::{DisabledReason, EndpointConfig, EndpointSecrets, Ordering as Order};
use postrider_model::id::{EndpointId, EndpointKey, IdSalt, Mode, ProjectKey};
use postrider_model::limits::Limits;
use postrider_store::{
    Backlog as _, Catalogue as _, EndpointChange, EndpointPatch, IdempotencyMark, NewEndpoint, NewProject,
    Signal, Store, Upkeep as _,
};
use postrider_store_sqlite::SqliteStore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::client::audit;
use crate::clock::SimClock;
use crate::kernel::{Kernel, SimFatal, SimSpawner};
use crate::ledger::Ledger;
use crate::machine::Machine;
use crate::prng::{Prng, SimRng};
use crate::shape::{SCHEDULE_SECONDS, Shape, TIMEOUT_SECONDS};
use crate::store::SimStore;
use crate::world::keyring;
use books::{Books, Known, Name};
use receivers::Network;
use room::{Item, Room};
pub(crate) use seat::Seat;

const SALT: IdSalt = IdSalt(7);
/// An answer that takes longer is not waited for.
const ANSWER: Duration = Duration::from_secs(3);
/// In good weather everything has ended after so much virtual time.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// What came of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodesReport {
    /// A hash over everything that happened.
    pub trace_hash: u64,
    /// Events answered.
    pub events: u64,
    /// Deliveries received.
    pub deliveries: u64,
    /// Of these, received once more.
    pub duplicates: u64,
    /// Nodes killed, cut off, stopped.
    pub troubles: [u64; 3],
    /// The first rule that did not hold.
    pub violation: Option<String>,
}

/// Runs one seed; `print` shows what happens, line by line.
///
/// # Errors
/// Where SQLite takes no VFS.
pub fn run(seed: u64, print: bool) -> std::io::Result<NodesReport> {
    let prng = Prng::new(seed ^ 0x6e6f_6465);
    let mut machine = Machine::new(prng.fork(1), false, true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let store = machine.open(true, SALT).map_err(std::io::Error::other)?;
    let world = runtime.block_on(async {
        let mut world = World::new(prng, print, store, &machine);
        if let Err(violation) = world.run().await {
            world.books.lock().violate("the world goes on", violation);
        }
        world
    });
    drop(runtime);
    let books = world.books.lock();
    Ok(NodesReport {
        trace_hash: books.trace.hash(),
        events: books.answered.len() as u64,
        deliveries: books.deliveries(),
        duplicates: books.duplicates(),
        troubles: world.troubles,
        violation: books.violation.clone(),
    })
}

/// A node that runs.
struct Node {
    engine: Engine,
    store: Arc<SimStore>,
    kernel: Arc<Kernel>,
}

struct World {
    prng: Prng,
    books: Arc<Mutex<Books>>,
    room: Arc<Mutex<Room>>,
    clock: Arc<SimClock>,
    inner: Arc<SqliteStore>,
    disk: Arc<Mutex<crate::disk::Disk>>,
    shape: Shape,
    healed: Arc<AtomicBool>,
    nodes: Vec<Option<Node>>,
    starts: u64,
    troubles: [u64; 3],
    /// Where clients post to.
    engines: Arc<Mutex<Vec<Engine>>>,
    project: ProjectKey,
}

impl World {
    fn new(mut prng: Prng, print: bool, inner: Arc<SqliteStore>, machine: &Machine) -> Self {
        let mut shape = Shape::of(&mut prng.fork(2));
        // Failing stores are the other simulation's; here they are slow, cut off, and shared.
        (shape.store_faults, shape.stalls) = (0.0, 0.0);
        shape.commit_ms = prng.within(0, 15);
        shape.read_ms = prng.within(0, 8);
        let count = prng.within(2, 4) as usize;
        Self {
            books: Arc::new(Mutex::new(Books::new(print))),
            room: Arc::default(),
            clock: Arc::new(SimClock::new(0, 0)),
            inner,
            disk: machine.disk(),
            shape,
            healed: Arc::default(),
            nodes: (0..count).map(|_| None).collect(),
            starts: 0,
            troubles: [0; 3],
            engines: Arc::default(),
            project: ProjectKey::default(),
            prng,
        }
    }

    async fn run(&mut self) -> Result<(), String> {
        let failed = |error: postrider_store::StoreError| error.to_string();
        self.inner.recover(self.clock.now()).await.map_err(failed)?;
        self.project = self.inner.create_project(self.new_project(), audit()).await.map_err(failed)?.key;
        for node in 0..self.nodes.len() {
            self.start(node).await?;
        }
        self.settle().await?;
        self.furnish().await?;
        let mut clients = self.clients();
        for _ in 0..self.prng.within(2, 6) {
            self.trouble().await?;
            self.holds()?;
        }
        while let Some(ended) = clients.join_next().await {
            ended.map_err(|error| error.to_string())?;
        }
        self.heal().await?;
        self.books.lock().check_end();
        self.holds()
    }

    fn holds(&self) -> Result<(), String> {
        let panicked =
            self.nodes.iter().flatten().find_map(|node| node.kernel.faults.lock().first().cloned());
        match self.books.lock().violation.clone().or(panicked) {
            Some(violation) => Err(violation),
            None => Ok(()),
        }
    }

    fn note(&self, what: std::fmt::Arguments<'_>) {
        self.books.lock().trace.line(self.clock.true_ms(), what);
    }

    fn new_project(&self) -> NewProject {
        NewProject {
            id: "sim".to_owned(),
            name: "Simulation".to_owned(),
            contract: "standard".to_owned(),
            settings: serde_json::json!({
                "retry": { "schedule_seconds": SCHEDULE_SECONDS }, "timeout_seconds": TIMEOUT_SECONDS, "disable": "never",
            }),
            now: self.clock.now(),
        }
    }

    /// Starts a node.
    async fn start(&mut self, node: usize) -> Result<(), String> {
        self.starts += 1;
        self.note(format_args!("node {node} starts"));
        let prng = self.prng.fork(1_000 + self.starts);
        let kernel = Kernel::new(prng.fork(1), self.shape.yields, None);
        let store = Arc::new(SimStore {
            inner: Arc::clone(&self.inner),
            ledger: Arc::new(Mutex::new(Ledger::new(false))),
            clock: Arc::clone(&self.clock),
            prng: Mutex::new(prng.fork(2)),
            shape: self.shape.clone(),
            disk: Arc::clone(&self.disk),
            kernel: Arc::clone(&kernel),
            seat: Some(Seat::new(Arc::clone(&self.room))),
        });
        let network = Network {
            node,
            books: Arc::clone(&self.books),
            clock: Arc::clone(&self.clock),
            kernel: Arc::clone(&kernel),
            prng: Mutex::new(prng.fork(3)),
            trouble: self.shape.trouble / 4.0,
            healed: Arc::clone(&self.healed),
        };
        let engine = Engine::start(EngineParts {
            store: Arc::clone(&store) as Arc<dyn Store>,
            transport: Arc::new(network),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            rng: Arc::new(SimRng(Mutex::new(prng.fork(4)))),
            spawner: Arc::new(SimSpawner(Arc::clone(&kernel))) as Arc<dyn Spawner>,
            fatal: Arc::new(SimFatal(Arc::clone(&kernel))),
            keyring: Arc::new(keyring()),
            contracts: Contracts::builtin(),
            guard: GuardPolicy { allow_http: true, allow_private: true, ..GuardPolicy::default() },
            salt: SALT,
            limits: Limits::default(),
            settings: Settings {
                min_free_bytes: 0,
                fanout_chunk: self.shape.fanout_chunk,
                node: NodeSettings { name: format!("node-{node}"), ..NodeSettings::default() },
                ..Settings::default()
            },
        })
        .await
        .map_err(|error| error.to_string())?;
        self.nodes[node] = Some(Node { engine, store, kernel });
        self.publish();
        Ok(())
    }

    fn publish(&self) {
        *self.engines.lock() = self.nodes.iter().flatten().map(|node| node.engine.clone()).collect();
    }

    fn alive(&self) -> usize {
        self.nodes.iter().flatten().count()
    }

    /// Waits until every slot has its owner.
    async fn settle(&self) -> Result<(), String> {
        let settled = async {
            while !self.room.lock().is_settled(self.alive()) {
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(Duration::from_secs(60), settled)
            .await
            .map_err(|_| format!("slots have no owners after a minute: {:?}", self.room.lock()))
    }

    async fn furnish(&mut self) -> Result<(), String> {
        for tenant in 0..2 {
            for number in 0..self.prng.within(2, 5) {
                let known = Known {
                    tenant,
                    ordered: self.prng.chance(0.5),
                    max_in_flight: self.prng.within(1, 4) as usize,
                    fickle: number > 0 && self.prng.chance(0.2),
                };
                let key = self.endpoint(&known).await.map_err(|error| error.to_string())?;
                self.books.lock().endpoints.insert(key.0, known);
            }
        }
        Ok(())
    }

    async fn endpoint(&self, known: &Known) -> Result<EndpointKey, postrider_store::StoreError> {
        let now = self.clock.now();
        let tenant = self.inner.ensure_tenant(self.project, &format!("t{}", known.tenant), now).await?;
        let id = EndpointId(self.engines.lock()[0].new_id());
        let sealed = serde_json::to_vec(&EndpointSecrets::default()).unwrap_or_default();
        let config = EndpointConfig {
            url: "http://127.0.0.1:9/hook".to_owned(),
            ordering: known.ordered.then_some(Order::Key),
            max_in_flight: u32::try_from(known.max_in_flight).ok(),
            ..EndpointConfig::default()
        };
        let sealed = keyring().seal(&sealed, id.0.as_bytes()).unwrap_or_default().into();
        let (project, mode) = (self.project, Mode::Live);
        let new = NewEndpoint { id, project, mode, tenant: tenant.key, config, sealed, enabled: true, now };
        let made = self.inner.create_endpoint(new, None, audit()).await?;
        self.room.lock().tell(NO_NODE, Item::Signal(Signal::Endpoint(made.tenant, made.key)));
        Ok(made.key)
    }

    /// Each posts the events of a tenant and key one after the other, to whichever node answers.
    fn clients(&mut self) -> JoinSet<()> {
        let mut clients = JoinSet::new();
        for tenant in 0..2 {
            for key in 0..self.prng.within(1, 3) {
                let poster = Poster {
                    tenant,
                    key,
                    count: self.prng.within(20, 120),
                    pause_ms: *self.prng.pick(&[5, 100, 600]).unwrap_or(&100),
                    prng: self.prng.fork(50 + tenant * 10 + key),
                    engines: Arc::clone(&self.engines),
                    books: Arc::clone(&self.books),
                    project: self.project,
                };
                clients.spawn(poster.run());
            }
        }
        clients
    }

    /// Something befalls a node, or an endpoint.
    async fn trouble(&mut self) -> Result<(), String> {
        sleep(Duration::from_millis(self.prng.within(100, 9_000))).await;
        let node = self.prng.below(self.nodes.len() as u64) as usize;
        let away = Duration::from_millis(self.prng.within(0, 15_000));
        match self.prng.below(8) {
            0..=1 => {
                self.kill(node);
                sleep(away).await;
                self.start(node).await?;
            }
            2..=4 => {
                self.cut(node, true);
                sleep(away).await;
                self.cut(node, false);
            }
            5..=6 => {
                self.stop(node).await;
                sleep(away / 4).await;
                self.start(node).await?;
            }
            _ => self.switch().await?,
        }
        Ok(())
    }

    fn kill(&mut self, node: usize) {
        if let Some(killed) = self.nodes[node].take() {
            killed.kernel.die();
            self.books.lock().died(self.clock.true_ms(), node);
            self.troubles[0] += 1;
        }
        self.publish();
    }

    fn cut(&mut self, node: usize, cut: bool) {
        self.note(format_args!("node {node} cut off: {cut}"));
        if let Some(seat) = self.nodes[node].as_ref().and_then(|node| node.store.seat.as_ref()) {
            seat.cut(cut);
            self.troubles[1] += u64::from(cut);
        }
    }

    async fn stop(&mut self, node: usize) {
        let Some(stopped) = self.nodes[node].take() else { return };
        self.note(format_args!("node {node} is told to stop"));
        self.publish();
        stopped.engine.wind_down();
        let _ = timeout(Duration::from_secs(30), stopped.engine.stop()).await;
        stopped.engine.leave().await;
        stopped.kernel.die();
        self.books.lock().died(self.clock.true_ms(), node);
        self.troubles[2] += 1;
    }

    /// A fickle endpoint is switched off, or on again, at one of the nodes.
    async fn switch(&mut self) -> Result<(), String> {
        let fickle: Vec<i64> = {
            let books = self.books.lock();
            books.endpoints.iter().filter(|(_, known)| known.fickle).map(|(key, _)| *key).collect()
        };
        let Some(endpoint) = self.prng.pick(&fickle).copied() else { return Ok(()) };
        let failed = |error: postrider_store::StoreError| error.to_string();
        let Some(row) = self.inner.endpoint_by_key(EndpointKey(endpoint)).await.map_err(failed)? else {
            return Ok(());
        };
        let change = if row.enabled {
            EndpointChange::Disable(DisabledReason::Manual)
        } else {
            EndpointChange::Enable
        };
        self.note(format_args!("endpoint {endpoint}: {change:?}"));
        let (revision, now) = (row.revision, self.clock.now());
        let patch = EndpointPatch { revision, config: None, sealed: None, change: Some(change), now };
        self.inner.update_endpoint(row.key, patch, None, audit()).await.map_err(failed)?;
        self.room.lock().tell(NO_NODE, Item::Signal(Signal::Endpoint(row.tenant, row.key)));
        Ok(())
    }

    /// Good weather: time passes until nothing is left to do.
    async fn heal(&mut self) -> Result<(), String> {
        self.note(format_args!("the weather clears"));
        self.healed.store(true, Ordering::Relaxed);
        for node in 0..self.nodes.len() {
            self.cut(node, false);
            if self.nodes[node].is_none() {
                self.start(node).await?;
            }
        }
        self.settle().await?;
        let left =
            "SELECT event, endpoint FROM delivery WHERE state = 0 UNION ALL SELECT event, done FROM fanout";
        let ended = async {
            loop {
                sleep(Duration::from_secs(5)).await;
                let pending = seat::pairs(&self.inner, left).map_err(|error| error.to_string())?;
                if pending.is_empty() || self.books.lock().violation.is_some() {
                    return Ok::<_, String>(());
                }
            }
        };
        if timeout(PATIENCE, ended).await.is_err() {
            let left = seat::pairs(&self.inner, left);
            self.books.lock().violate("every delivery ends", format!("{left:?}"));
        }
        for node in 0..self.nodes.len() {
            self.stop(node).await;
        }
        self.inner.close().await.map_err(|error| error.to_string())
    }
}

/// What no node wrote.
const NO_NODE: postrider_model::slot::NodeNumber = postrider_model::slot::NodeNumber(u8::MAX);

struct Poster {
    tenant: u64,
    key: u64,
    count: u64,
    pause_ms: u64,
    prng: Prng,
    engines: Arc<Mutex<Vec<Engine>>>,
    books: Arc<Mutex<Books>>,
    project: ProjectKey,
}

impl Poster {
    async fn run(mut self) {
        for n in 0..self.count {
            let name = Name { tenant: self.tenant, key: self.key, n };
            while !self.post(name).await {
                sleep(Duration::from_millis(200)).await;
            }
            self.books.lock().answered.insert(name);
            sleep(Duration::from_millis(self.prng.below(self.pause_ms + 1))).await;
        }
    }

    /// Whether it was accepted. What is not answered in time is posted again, with the same key.
    async fn post(&mut self, name: Name) -> bool {
        let engine = {
            let engines = self.engines.lock();
            self.prng.pick(&engines).cloned()
        };
        let Some(engine) = engine else { return false };
        let Name { tenant, key, n } = name;
        let data = Bytes::from(format!("{{\"tenant\":{tenant},\"key\":{key},\"n\":{n}}}"));
        let mut mark = [0; 16];
        for (part, bytes) in [tenant, key * 1_000_000 + n].iter().zip(mark.chunks_mut(8)) {
            bytes.copy_from_slice(&part.to_le_bytes());
        }
        let event = EventIn {
            tenant: format!("t{tenant}"),
            kind: "deal.won".to_owned(),
            size: data.len(),
            data,
            changes: None,
            attributes: None,
            timestamp: None,
            ordering_key: Some(key.to_string()),
            deliver_at: None,
            idempotency: Some(IdempotencyMark { key: mark, body: mark }),
        };
        let origin = Origin { project: self.project, mode: Mode::Live, tenant: None };
        matches!(timeout(ANSWER, engine.accept(origin, vec![event], None)).await, Ok(Ok(_)))
    }
}
