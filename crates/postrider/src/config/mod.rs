//! The configuration of `serve`: flag over environment over file over default (DESIGN 4.1).

mod effective;
mod flags;
mod layers;
mod limits;
mod options;
mod reference;
mod secret;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format as _, Toml};
use ipnet::IpNet;
use postrider_model::limits::Limits;
use serde::Deserialize;

pub(crate) use effective::{Setting, effective};
pub(crate) use flags::{Given, with_options};
use layers::{Layer, environment};
pub(crate) use reference::reference;
pub(crate) use secret::Secret;

/// What this node does (DESIGN 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Everything.
    #[default]
    All,
    /// Answers requests only.
    Api,
    /// Sends only.
    Worker,
}

/// A configuration, complete. What each field means is told in the table of options, under the same name.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: Option<Secret>,
    pub(crate) database_pooler: bool,
    pub(crate) database_connections: Option<usize>,
    pub(crate) role: Role,
    pub(crate) node_name: Option<String>,
    pub(crate) dev: bool,
    pub(crate) contract_file: Vec<PathBuf>,
    pub(crate) public_url: Option<String>,
    pub(crate) allow_networks: Vec<IpNet>,
    pub(crate) egress_ips: Vec<IpAddr>,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) bind_address: Option<IpAddr>,
    pub(crate) proxy: Option<Secret>,
    pub(crate) proxy_resolves: bool,
    pub(crate) proxy_allow_networks: Vec<IpNet>,
    pub(crate) ca_file: Vec<PathBuf>,
    /// In the limits too, where the program reads it.
    pub(crate) max_event_bytes: usize,
    pub(crate) max_store_bytes: Option<u64>,
    pub(crate) min_free_bytes: u64,
    pub(crate) max_in_flight: Option<usize>,
    pub(crate) worker_threads: Option<usize>,
    pub(crate) user_agent: Option<String>,
    pub(crate) log_level: String,
    pub(crate) root_key: Option<Secret>,
    pub(crate) master_key: Option<Secret>,
    /// The section of that name; each is told in [`Limits`].
    pub(crate) limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: PathBuf::from("./postrider-data"),
            database_url: None,
            database_pooler: false,
            database_connections: None,
            role: Role::All,
            node_name: None,
            dev: false,
            contract_file: Vec::new(),
            public_url: None,
            allow_networks: Vec::new(),
            egress_ips: Vec::new(),
            metrics_listen: None,
            bind_address: None,
            proxy: None,
            proxy_resolves: false,
            proxy_allow_networks: Vec::new(),
            ca_file: Vec::new(),
            max_event_bytes: Limits::default().max_event_bytes,
            max_store_bytes: None,
            min_free_bytes: 536_870_912,
            max_in_flight: None,
            worker_threads: None,
            user_agent: None,
            log_level: "info".to_owned(),
            root_key: None,
            master_key: None,
            limits: Limits::default(),
        }
    }
}

/// A configuration that cannot be used. The messages say where the trouble is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file that was named is not there.
    #[error("the configuration file {} cannot be read: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A value that is not what it must be.
    #[error("{0}")]
    Value(String),
}

/// One that commits, one that reads, one that loads; the doorbell has its own.
const MIN_CONNECTIONS: usize = 3;
const MAX_NODE_NAME: usize = 100;

/// The file that is read when none is named and it is there.
const DEFAULT_FILE: &str = "postrider.toml";

/// Puts the layers together. `file` is the one that was named, if one was.
///
/// # Errors
/// [`ConfigError`].
pub(crate) fn load(file: Option<&Path>, environment: Layer, flags: Layer) -> Result<Config, ConfigError> {
    let figment = layered(file, environment, flags)?;
    limits::check(&figment)?;
    let mut config: Config = figment.extract().map_err(|errors| {
        ConfigError::Value(errors.into_iter().map(|e| explain(&e)).collect::<Vec<_>>().join("\n"))
    })?;
    config.check()?;
    config.limits.max_event_bytes = config.max_event_bytes;
    Ok(config)
}

fn layered(file: Option<&Path>, environment: Layer, flags: Layer) -> Result<Figment, ConfigError> {
    let mut figment = Figment::new();
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => {
            // Read here for its message, which shows the line; figment's does not.
            toml_check(path, &text)?;
            figment = figment.merge(Toml::file_exact(path));
        }
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(ConfigError::File { path: path.to_owned(), source }),
    }
    Ok(figment.merge(environment).merge(flags))
}

fn toml_check(path: &Path, text: &str) -> Result<(), ConfigError> {
    Toml::from_str::<figment::value::Dict>(text)
        .map(drop)
        .map_err(|error| ConfigError::Value(format!("{}: {error}", path.display())))
}

fn explain(error: &figment::Error) -> String {
    let place = error.metadata.as_ref().map(|metadata| {
        let source = metadata.source.as_ref().map(|source| format!(" {source}")).unwrap_or_default();
        format!(" in {}{source}", metadata.name)
    });
    let key = if error.path.is_empty() { String::new() } else { format!("{}: ", error.path.join(".")) };
    format!("{key}{}{}", error.kind, place.unwrap_or_default())
}

impl Config {
    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |text: &str| Err(ConfigError::Value(text.to_owned()));
        match self.database_url {
            Some(_) => self.check_shared()?,
            None => self.check_embedded()?,
        }
        if self.root_key.as_ref().is_some_and(|key| key.expose().chars().count() < 24) {
            return wrong("root_key: a root key has at least 24 characters");
        }
        limits::check_event_bytes(self.max_event_bytes)?;
        limits::check_pairs(&self.limits)?;
        if self.max_in_flight == Some(0) || self.worker_threads == Some(0) {
            return wrong("max_in_flight and worker_threads are at least 1");
        }
        Ok(())
    }

    /// What a store that many nodes share needs, and what it does not do.
    fn check_shared(&self) -> Result<(), ConfigError> {
        let wrong = |text: &str| Err(ConfigError::Value(text.to_owned()));
        if self.master_key.is_none() {
            return wrong(
                "master_key: on PostgreSQL it must be given, the same to every node: set POSTRIDER_MASTER_KEY to 32 random bytes in base64 (openssl rand -base64 32 makes them)",
            );
        }
        if self.database_connections.is_some_and(|count| count < MIN_CONNECTIONS) {
            return wrong(&format!("database_connections: a node needs at least {MIN_CONNECTIONS}"));
        }
        if self.node_name.as_ref().is_some_and(|name| name.is_empty() || name.chars().count() > MAX_NODE_NAME)
        {
            return wrong(&format!("node_name: 1 to {MAX_NODE_NAME} characters"));
        }
        if self.max_store_bytes.is_some() {
            return wrong("max_store_bytes: it bounds the embedded store; leave it away with --database-url");
        }
        Ok(())
    }

    fn check_embedded(&self) -> Result<(), ConfigError> {
        match self.role {
            Role::All => Ok(()),
            _ => Err(ConfigError::Value(
                "role: with the embedded store one node does everything; give --database-url, or leave --role away"
                    .to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests;
