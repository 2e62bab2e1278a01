//! The parts a server is made of, from its configuration. The one place that names backends.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use postrider_courier::{
    CertificateDer, Courier, CourierConfig, GuardPolicy, SystemResolver, read_authorities,
};
use postrider_engine::ports::Rng;
use postrider_engine::{Contracts, EngineParts, NodeSettings, Settings};
use postrider_model::id::IdSalt;
use postrider_store::Store;
use postrider_store_postgres::{PostgresOptions, PostgresStore};
use postrider_store_sqlite::{Options, SqliteStore};

use super::proxy;
use super::server::StartError;
use crate::config::{Config, Role};
use crate::contracts;
use crate::keys::open_keyring;
use crate::ports::{Abort, SystemClock, Tracked};

/// At most this many attempts in flight on a node (DESIGN 2.3).
pub(crate) const MAX_IN_FLIGHT: usize = 8_192;

/// A store that is open, whichever it is.
pub(crate) struct Opened {
    /// Its ports.
    pub(crate) store: Arc<dyn Store>,
    /// The salt of the installation's ids.
    pub(crate) salt: IdSalt,
}

/// Opens the store: the shared one where its URL is given, else the embedded one.
pub(crate) async fn open_store(config: &Config, rng: &dyn Rng) -> Result<Opened, StartError> {
    let mut salt = [0; 8];
    rng.fill(&mut salt);
    let salt_if_new = IdSalt(u64::from_le_bytes(salt));
    match postgres_options(config, salt_if_new) {
        Some(options) => {
            let store = PostgresStore::open(options).await?;
            Ok(Opened { salt: store.salt(), store })
        }
        None => {
            make_private_dir(config)?;
            let mut options = Options::new(&config.data_dir, salt_if_new);
            options.max_store_bytes = config.max_store_bytes;
            let store = SqliteStore::open(options)?;
            Ok(Opened { salt: store.salt(), store })
        }
    }
}

/// How the shared store is opened; `None` where the store is the embedded one.
pub(crate) fn postgres_options(config: &Config, salt_if_new: IdSalt) -> Option<PostgresOptions> {
    let mut options = PostgresOptions::new(config.database_url.as_ref()?.expose(), salt_if_new);
    options.pooler = config.database_pooler;
    options.connections = config.database_connections.unwrap_or(options.connections);
    Some(options)
}

/// A data directory that is new is for this user alone; one that exists is as its owner made it.
fn make_private_dir(config: &Config) -> Result<(), StartError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data_dir);
    made.map_err(|source| StartError::DataDir { path: config.data_dir.clone(), source })
}

/// Everything the engine runs on.
pub(crate) async fn engine_parts(
    config: &Config,
    opened: &Opened,
    rng: Arc<dyn Rng>,
    spawner: Tracked,
    open_files: usize,
) -> Result<EngineParts, StartError> {
    let keyring = open_keyring(config.master_key.as_ref(), &config.data_dir, &*opened.store).await?;
    let guard = guard(config);
    Ok(EngineParts {
        store: Arc::clone(&opened.store),
        transport: Arc::new(courier(config, guard.clone())?),
        clock: Arc::new(SystemClock),
        rng,
        spawner: Arc::new(spawner),
        fatal: Arc::new(Abort),
        keyring: Arc::new(keyring),
        contracts: known_contracts(config)?,
        guard,
        salt: opened.salt,
        limits: config.limits.clone(),
        settings: settings(config, open_files),
    })
}

fn guard(config: &Config) -> GuardPolicy {
    let mut guard = if config.dev { GuardPolicy::dev() } else { GuardPolicy::default() };
    guard.allow_networks.clone_from(&config.allow_networks);
    guard
}

fn settings(config: &Config, open_files: usize) -> Settings {
    let default = Settings::default();
    Settings {
        max_in_flight: config.max_in_flight.unwrap_or(MAX_IN_FLIGHT).min(open_files / 2).max(1),
        min_free_bytes: config.min_free_bytes,
        user_agent: config.user_agent.clone().unwrap_or(default.user_agent.clone()),
        ..default
    }
}

/// What this node is among those that share the store.
pub(crate) fn node(config: &Config, address: SocketAddr) -> NodeSettings {
    let host = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    let name = config.node_name.clone().unwrap_or_else(host);
    // Where it listens on every address, its own name says more.
    let address = match address.ip().is_unspecified() {
        true => format!("{name}:{}", address.port()),
        false => address.to_string(),
    };
    NodeSettings {
        name,
        address,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        serves: config.role != Role::Worker,
        works: config.role != Role::Api,
        ..NodeSettings::default()
    }
}

fn courier(config: &Config, guard: GuardPolicy) -> Result<Courier, StartError> {
    let mut courier = CourierConfig::new(Arc::new(SystemResolver::new()?));
    courier.guard = guard;
    courier.bind_address = config.bind_address;
    if let Some(url) = &config.proxy {
        let networks = config.proxy_allow_networks.clone();
        courier.proxy =
            Some(proxy::parse(url.expose(), config.proxy_resolves, networks).map_err(StartError::Proxy)?);
        if config.proxy_resolves {
            tracing::warn!(
                "proxy_resolves: names are resolved by the proxy, which alone keeps deliveries out of private networks"
            );
        }
    }
    courier.authorities = authorities(config)?;
    Ok(Courier::new(courier)?)
}

/// The certificate authorities that are trusted beside the system's.
fn authorities(config: &Config) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let mut all = Vec::new();
    for path in &config.ca_file {
        let unusable = |detail| StartError::Authorities { path: path.clone(), detail };
        let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
        all.extend(read_authorities(&pem).map_err(|error| unusable(error.to_string()))?);
        tracing::info!(path = %path.display(), "certificate authorities of your own");
    }
    Ok(all)
}

/// The contracts compiled in, and those in files.
fn known_contracts(config: &Config) -> Result<Contracts, StartError> {
    let mut contracts = Contracts::builtin();
    for path in &config.contract_file {
        let contract =
            contracts::load(path).map_err(|detail| StartError::Contract { path: path.clone(), detail })?;
        tracing::info!(name = contract.name(), path = %path.display(), "a contract of your own");
        contracts.add(Arc::new(contract));
    }
    Ok(contracts)
}
