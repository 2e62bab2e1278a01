//! What every part of the engine reaches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize};

use http::header::HeaderValue;
use postrider_courier::{GuardPolicy, Transport};
use postrider_model::id::{EndpointKey, IdSalt, Ordinal, OrdinalSource, ProjectKey, TenantKey};
use postrider_model::limits::Limits;
use postrider_model::slot::NodeNumber;
use postrider_model::time::Millis;
use postrider_store::{Store, StoreError};
use postrider_vault::Keyring;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::attempt::BodyPlaces;
use crate::cluster::{Cluster, StewardEnd, StoreClock};
use crate::core::{BodyBudget, Message};
use crate::metrics::Metrics;
use crate::parts::{EngineParts, Settings};
use crate::ports::{Clock, Fatal, Rng, Spawner};
use crate::project::{Contracts, ProjectContext, Projects, Sources};
use crate::routes::Routes;
use crate::time::EngineTime;
use crate::upkeep::project_stats::ProjectStats;
use crate::upkeep::stats::Stats;

/// What the accept path and the core tell each other without messages.
#[derive(Debug)]
pub(crate) struct Gauges {
    /// Bytes that wait to be committed.
    pub queue_bytes: AtomicUsize,
    /// When the oldest of them arrived, in milliseconds of the engine's time; `i64::MAX` when none waits.
    pub oldest_append: AtomicI64,
    /// Deliveries that wait to be written after their events, and something for each of these.
    pub fanout_matches: AtomicUsize,
    /// The disk is almost full.
    pub disk_low: AtomicBool,
    /// No more is accepted.
    pub stopping: AtomicBool,
}

/// What every part of the engine reaches.
pub(crate) struct Shared {
    pub store: Arc<dyn Store>,
    pub transport: Arc<dyn Transport>,
    /// The wall clock: what is shown and signed.
    pub clock: Arc<dyn Clock>,
    /// What waits and due times are measured in.
    pub time: EngineTime,
    pub rng: Arc<dyn Rng>,
    pub spawner: Arc<dyn Spawner>,
    pub fatal: Arc<dyn Fatal>,
    pub keyring: Arc<Keyring>,
    pub contracts: Contracts,
    pub guard: GuardPolicy,
    pub salt: IdSalt,
    pub limits: Limits,
    pub settings: Settings,
    pub user_agent: HeaderValue,
    pub gauges: Gauges,
    pub metrics: Metrics,
    pub stats: Stats,
    pub project_stats: ProjectStats,
    pub bodies: Arc<BodyBudget>,
    pub body_places: BodyPlaces,
    pub projects: Projects,
    pub routes: Routes,
    pub ids: parking_lot::Mutex<OrdinalSource>,
    pub replays: Notify,
    pub stop: tokio::sync::watch::Sender<bool>,
    /// Nothing is left to settle.
    pub stopped: tokio::sync::watch::Sender<bool>,
    pub cluster: Cluster,
    /// When this engine started, by the wall clock.
    pub started_at: Millis,
    /// The clock above, where it follows the store's.
    pub store_clock: Option<Arc<StoreClock>>,
    core: mpsc::UnboundedSender<Message>,
}

impl Shared {
    /// What it begins with, and the steward's end of it.
    pub(crate) fn of(
        parts: EngineParts,
        core: mpsc::UnboundedSender<Message>,
        store_clock: Option<Arc<StoreClock>>,
    ) -> (Self, StewardEnd) {
        let user_agent = HeaderValue::from_str(&parts.settings.user_agent)
            .unwrap_or(HeaderValue::from_static(concat!("Postrider/", env!("CARGO_PKG_VERSION"))));
        let started_at = parts.clock.now();
        let (cluster, end) = Cluster::new(parts.store.is_shared());
        let shared = Self {
            store: parts.store,
            transport: parts.transport,
            time: EngineTime::new(Arc::clone(&parts.clock)),
            clock: parts.clock,
            rng: parts.rng,
            spawner: parts.spawner,
            fatal: parts.fatal,
            keyring: parts.keyring,
            contracts: parts.contracts,
            guard: parts.guard,
            salt: parts.salt,
            user_agent,
            gauges: Gauges {
                queue_bytes: AtomicUsize::new(0),
                oldest_append: AtomicI64::new(i64::MAX),
                fanout_matches: AtomicUsize::new(0),
                disk_low: AtomicBool::new(false),
                stopping: AtomicBool::new(false),
            },
            metrics: Metrics::new(),
            stats: Stats::default(),
            project_stats: ProjectStats::default(),
            bodies: BodyBudget::new(parts.settings.body_bytes),
            body_places: BodyPlaces::default(),
            projects: Projects::default(),
            routes: Routes::new(&parts.limits),
            ids: parking_lot::Mutex::new(OrdinalSource::new(Ordinal::default())),
            replays: Notify::new(),
            stop: tokio::sync::watch::channel(false).0,
            stopped: tokio::sync::watch::channel(false).0,
            cluster,
            store_clock,
            started_at,
            limits: parts.limits,
            settings: parts.settings,
            core,
        };
        (shared, end)
    }

    /// Tells the core; after it ended there is nothing left to tell.
    pub(crate) fn tell(&self, message: Message) {
        let _ = self.core.send(message);
    }

    pub(crate) async fn project(&self, key: ProjectKey) -> Result<Arc<ProjectContext>, StoreError> {
        self.projects.get(key, self.sources()).await
    }

    /// The project as its row is now, whatever is cached.
    pub(crate) async fn confirmed_project(&self, key: ProjectKey) -> Result<Arc<ProjectContext>, StoreError> {
        self.projects.confirmed(key, self.sources()).await
    }

    /// Ids of endpoints, keys and replays are those of this node from now on.
    pub(crate) fn number_ids(&self, highest: Ordinal, number: NodeNumber) {
        let mut ids = self.ids.lock();
        *ids = OrdinalSource::of_node(ids.last().max(highest), number);
    }

    /// See [`Engine::endpoint_changed`].
    pub(crate) async fn endpoint_changed(&self, tenant: TenantKey, endpoint: EndpointKey) {
        self.routes.forget(tenant);
        let (reply, done) = oneshot::channel();
        match self.routes.plan_of(endpoint, self).await {
            Ok(plan) => self.tell(Message::Changed(endpoint, plan, reply)),
            Err(error) => {
                tracing::error!(%error, endpoint = endpoint.0, "a changed endpoint could not be read; its lane rests until it is");
                self.tell(Message::Rest(endpoint, reply));
            }
        }
        let _ = done.await;
    }

    /// See [`Engine::project_changed`].
    pub(crate) async fn project_changed(&self, project: ProjectKey) {
        self.projects.forget(project);
        self.routes.forget_project(project);
        let (reply, done) = oneshot::channel();
        self.tell(Message::ProjectChanged(project, reply));
        let _ = done.await;
    }

    fn sources(&self) -> Sources<'_> {
        Sources { store: &*self.store, contracts: &self.contracts, limits: &self.limits }
    }
}
