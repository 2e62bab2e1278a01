//! The parts a server is made of, from its configuration. The one place that names backends.

use std::fs;
use std::sync::Arc;

use postrider_courier::{
    CertificateDer, Courier, CourierConfig, GuardPolicy, SystemResolver, read_authorities,
};
use postrider_engine::ports::Rng;
use postrider_engine::{Contracts, EngineParts, Settings};
use postrider_model::id::IdSalt;
use postrider_store::Store;
use postrider_store_sqlite::{Options, SqliteStore};

use super::proxy;
use super::server::StartError;
use crate::config::Config;
use crate::contracts;
use crate::keys::open_keyring;
use crate::ports::{Abort, SystemClock, Tracked};

/// At most this many attempts in flight on a node (DESIGN 2.3).
pub(crate) const MAX_IN_FLIGHT: usize = 8_192;

/// Opens the store.
pub(crate) fn open_store(config: &Config, rng: &dyn Rng) -> Result<Arc<SqliteStore>, StartError> {
    make_private_dir(config)?;
    let mut salt = [0; 8];
    rng.fill(&mut salt);
    let mut options = Options::new(&config.data_dir, IdSalt(u64::from_le_bytes(salt)));
    options.max_store_bytes = config.max_store_bytes;
    Ok(SqliteStore::open(options)?)
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
    store: &Arc<SqliteStore>,
    rng: Arc<dyn Rng>,
    spawner: Tracked,
    open_files: usize,
) -> Result<EngineParts, StartError> {
    let keyring = open_keyring(config.master_key.as_ref(), &config.data_dir, &**store).await?;
    let guard = guard(config);
    let salt = store.salt();
    Ok(EngineParts {
        store: Arc::clone(store) as Arc<dyn Store>,
        transport: Arc::new(courier(config, guard.clone())?),
        clock: Arc::new(SystemClock),
        rng,
        spawner: Arc::new(spawner),
        fatal: Arc::new(Abort),
        keyring: Arc::new(keyring),
        contracts: known_contracts(config)?,
        guard,
        salt,
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
