//! A running server: what starts it, where it answers, how it stops.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use postrider_courier::{ResolveError, TlsIdentityError};
use postrider_engine::Engine;
use postrider_engine::ports::Rng;
use postrider_http::{App, AppParts};
use postrider_service::{Authenticator, Sessions};
use postrider_store::{Store, StoreError};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use super::door::{Door, Hall};
use super::{control, open_files, parts};
use crate::config::{Config, Role};
use crate::keys::{KeyError, root_key};
use crate::ports::{SystemRng, Tracked};

/// Requests and attempts in flight get this long to end (DESIGN 4.1).
const GRACE: Duration = Duration::from_secs(30);
/// The last of it is for bringing to an end what ended: what requests still bring then is answered with 503.
const SETTLING: Duration = Duration::from_secs(1);
/// Kept back from the connections of clients: files, logs, the store.
const OWN_FILES: usize = 64;

/// Why a server does not start. The messages say what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The data directory cannot be made.
    #[error("cannot make the data directory {}: {source}", path.display())]
    DataDir {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The store does not open.
    #[error(transparent)]
    Open(#[from] postrider_store_sqlite::OpenError),
    /// The shared store does not open.
    #[error(transparent)]
    OpenShared(#[from] postrider_store_postgres::OpenError),
    /// The store opened and failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no master key to work with.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A contract file cannot be used.
    #[error("the contract file {}: {detail}", path.display())]
    Contract {
        /// Which.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// The proxy cannot be used.
    #[error("{0}")]
    Proxy(String),
    /// The resolver cannot be set up.
    #[error("names cannot be resolved: {0}")]
    Resolver(#[from] ResolveError),
    /// A file of certificate authorities cannot be used.
    #[error("the certificate authorities {}: {detail}", path.display())]
    Authorities {
        /// Which.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] TlsIdentityError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; stop what listens there, or give another --listen")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// A server that runs.
pub(crate) struct Server {
    address: SocketAddr,
    made_root_key: Option<String>,
    engine: Engine,
    store: Arc<dyn Store>,
    connections: TaskTracker,
    tasks: TaskTracker,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Recovers what the last stop or crash left, and starts.
    ///
    /// # Errors
    /// [`StartError`].
    pub(crate) async fn start(config: Config) -> Result<Self, StartError> {
        let open_files = open_files::raise_limit();
        // First of all: two servers on one address, or on one directory, must not get any further.
        let door = bind(config.listen)?;
        let metrics_door = config.metrics_listen.map(bind).transpose()?;
        let rng: Arc<dyn Rng> = Arc::new(SystemRng::default());
        let opened = parts::open_store(&config, &*rng).await?;
        let store = Arc::clone(&opened.store);
        let root = root_key(config.root_key.as_ref(), &*store, &*rng).await?;
        let tasks = Tracked::default();
        let mut parts = parts::engine_parts(&config, &opened, rng, tasks.clone(), open_files).await?;
        parts.settings.node = parts::node(&config, door.address());
        let engine = Engine::start(parts).await?;

        let (stop, stopped) = watch::channel(false);
        let places = Arc::new(Semaphore::new((open_files / 2).saturating_sub(OWN_FILES).max(16)));
        let hall = Hall { connections: TaskTracker::new(), stop: stopped, places };
        let connections = hall.connections.clone();
        let address = door.address();
        let app = App::new(AppParts {
            engine: engine.clone(),
            authenticator: Authenticator::new(root.hash),
            sessions: Sessions::new(),
            egress_ips: config.egress_ips.clone(),
            version: env!("CARGO_PKG_VERSION"),
            public_url: public_url(&config, address),
            serve_metrics: metrics_door.is_none(),
            stopping: hall.stop.clone(),
        });
        if let Some(door) = metrics_door {
            tracing::info!(address = %door.address(), "metrics");
            connections.spawn(door.open(postrider_api::metrics_router(app.clone()), hall.clone()));
        }
        if config.database_url.is_none() {
            listen_for_commands(&config, &store, &hall);
        }
        connections.spawn(door.open(surfaces(config.role, app), hall));
        Ok(Self { address, made_root_key: root.made, engine, store, connections, tasks: tasks.0, stop })
    }

    /// Where the API answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The root key, if this start made it.
    pub(crate) fn made_root_key(&self) -> Option<&str> {
        self.made_root_key.as_deref()
    }

    /// Takes no more connections and begins no more attempts, finishes requests and attempts in flight side by side
    /// for up to 30 s, settles, closes the store (DESIGN 4.1). What does not end in time is found pending by the next
    /// start.
    pub(crate) async fn stop(self) {
        let deadline = Instant::now() + GRACE;
        self.stop.send_replace(true);
        self.connections.close();
        self.engine.wind_down();
        let ((), all_ended) = tokio::join!(self.end_requests(deadline), self.end_attempts(deadline));
        self.engine.leave().await;
        if all_ended {
            // The last of them are those that kept this node among the others until now.
            self.tasks.close();
            let _ = timeout_at(deadline.max(Instant::now() + SETTLING), self.tasks.wait()).await;
        }
        if let Err(error) = self.store.close().await {
            tracing::error!(%error, "the store did not close as it should; the next start recovers");
        }
    }

    async fn end_requests(&self, deadline: Instant) {
        if timeout_at(deadline, self.connections.wait()).await.is_err() {
            tracing::warn!("requests still in flight after {} s are cut off", GRACE.as_secs());
        }
    }

    /// Those in flight run from the beginning of the stop; the engine takes what requests bring as long as it can.
    /// Whether all came to their end.
    async fn end_attempts(&self, deadline: Instant) -> bool {
        let _ = timeout_at(deadline - SETTLING, self.connections.wait()).await;
        if timeout_at(deadline, self.engine.stop()).await.is_err() {
            tracing::warn!(
                "attempts still in flight after {} s are made again by the next start",
                GRACE.as_secs()
            );
            return false;
        }
        true
    }
}

fn surfaces(role: Role, app: App) -> Router {
    match role {
        Role::Worker => postrider_api::worker_router(app),
        Role::All | Role::Api => postrider_api::router(app.clone())
            .merge(postrider_dialects::router(app.clone()))
            .merge(postrider_dashboard::router(app)),
    }
}

fn bind(address: SocketAddr) -> Result<Door, StartError> {
    Door::bind(address).map_err(|source| StartError::Listen { address, source })
}

fn public_url(config: &Config, address: SocketAddr) -> String {
    match &config.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{address}"),
    }
}

/// Without a control socket everything works but `backup` beside the running server.
fn listen_for_commands(config: &Config, store: &Arc<dyn Store>, hall: &Hall) {
    match control::bind(&config.data_dir) {
        Ok(listener) => {
            hall.connections.spawn(control::answer(listener, Arc::clone(store), hall.stop.clone()));
        }
        Err(error) => tracing::warn!(%error, "no control socket: postrider backup needs the server stopped"),
    }
}
