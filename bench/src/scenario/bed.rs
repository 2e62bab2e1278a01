//! What a scenario lies on: receivers, and the server under test with its data directory.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Options, options::Store};
use crate::postgres::Postgres;
use crate::process::Server;
use crate::product;
use crate::receiver::Receiver;
use crate::report::Report;
use crate::workload::Workload;

/// The root key the benchmark starts Postrider with.
pub(super) const ROOT: &str = "bench-root-key-of-one-run-only";

/// The master key that all nodes on a PostgreSQL have, which no data directory holds.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// How a bed differs from the plain one.
#[derive(Debug, Clone, Default)]
pub(super) struct Ground {
    /// Arguments of both receivers.
    pub receiver: Vec<String>,
    /// Further ones of the null sender's.
    pub null_receiver: Vec<String>,
    /// The receivers speak TLS, under a certificate of this authority.
    pub ca_file: Option<PathBuf>,
    /// Arguments of the null sender.
    pub null: Vec<String>,
    /// Settings of the project.
    pub settings: Option<Value>,
}

/// How a node differs from the plain one.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// Further arguments.
    pub arguments: Vec<String>,
    /// Where it finds PostgreSQL, if not at the bed's own.
    pub database_url: Option<String>,
}

/// Receivers, a data directory or a PostgreSQL, and how the rest is started.
#[derive(Debug)]
pub(super) struct Bed {
    /// What Postrider sends to.
    pub receiver: Receiver,
    /// What the null sender sends to.
    pub null_receiver: Receiver,
    ground: Ground,
    data: tempfile::TempDir,
    postgres: Option<Arc<Postgres>>,
    postrider: PathBuf,
}

/// A server under test and where it answers.
#[derive(Debug)]
pub(super) struct Running {
    pub server: Server,
    pub address: SocketAddr,
    /// What it stores in, if that is a server too.
    pub postgres: Option<Arc<Postgres>>,
}

impl Bed {
    pub(super) fn new(options: &Options) -> std::io::Result<Self> {
        Self::on(options, Ground::default())
    }

    pub(super) fn on(options: &Options, ground: Ground) -> std::io::Result<Self> {
        let receiver = Receiver::start(&ground.receiver)?;
        let null_receiver = Receiver::start(&[&ground.receiver[..], &ground.null_receiver].concat())?;
        let data = tempfile::Builder::new().prefix("bench-data-").tempdir_in(&options.data_root)?;
        let postgres = match options.store {
            Store::Sqlite => None,
            Store::Postgres => Some(Arc::new(Postgres::start(&options.data_root)?)),
        };
        Ok(Self { receiver, null_receiver, ground, data, postgres, postrider: options.postrider.clone() })
    }

    /// The PostgreSQL that Postrider stores in, if it does.
    pub(super) fn postgres(&self) -> Option<&Postgres> {
        self.postgres.as_deref()
    }

    /// Keeps with a result how its PostgreSQL was set.
    pub(super) fn tell(&self, report: &mut Report) -> std::io::Result<()> {
        if let Some(postgres) = &self.postgres {
            report.note("postgresql", postgres.told()?);
        }
        Ok(())
    }

    /// Starts Postrider on the bed's data directory, or on its PostgreSQL.
    pub(super) fn postrider(&self) -> std::io::Result<Running> {
        self.node(&Node::default())
    }

    /// Starts one that differs.
    pub(super) fn node(&self, node: &Node) -> std::io::Result<Running> {
        let address = free_address()?;
        let mut arguments = vec!["serve".to_owned(), "--dev".to_owned(), format!("--listen={address}")];
        arguments.extend(self.ground.ca_file.iter().map(|path| format!("--ca-file={}", path.display())));
        arguments.extend(node.arguments.iter().cloned());
        // What it logs for people would be measured too.
        let mut environment = vec![("POSTRIDER_ROOT_KEY", ROOT), ("RUST_LOG", "warn")];
        let url = self.postgres().map(|postgres| node.database_url.clone().unwrap_or_else(|| postgres.url()));
        match &url {
            None => arguments.push(format!("--data-dir={}", self.data.path().display())),
            Some(url) => environment
                .extend([("POSTRIDER_DATABASE_URL", url.as_str()), ("POSTRIDER_MASTER_KEY", MASTER_KEY)]),
        }
        let server = Server::start(&self.postrider, &arguments, &environment)?;
        Ok(Running { server, address, postgres: self.postgres.clone() })
    }

    /// Starts the null sender for a workload.
    pub(super) fn null_sender(&self, key: &str, workload: &Workload) -> std::io::Result<Running> {
        let address = free_address()?;
        let mut arguments = vec![
            "null-sender".to_owned(),
            format!("--listen={address}"),
            format!("--receiver={}", self.url(&self.null_receiver)),
            format!("--key={key}"),
            format!("--tenants={}", workload.tenants),
            format!("--endpoints={}", workload.endpoints),
            format!("--failing-one-in={}", workload.failing_one_in),
        ];
        arguments.extend(workload.fan_out.then(|| "--fan-out".to_owned()));
        arguments.extend(self.ground.ca_file.iter().map(|path| format!("--ca-file={}", path.display())));
        arguments.extend(self.ground.null.iter().cloned());
        let server = Server::start(&std::env::current_exe()?, &arguments, &[])?;
        Ok(Running { server, address, postgres: None })
    }

    /// Where a receiver of this bed is reached.
    pub(super) fn url(&self, receiver: &Receiver) -> String {
        let scheme = if self.ground.ca_file.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", receiver.address)
    }

    /// Creates the project and its key, which it returns.
    pub(super) fn project(&self, address: SocketAddr) -> std::io::Result<String> {
        product::project(address, ROOT, self.ground.settings.as_ref().unwrap_or(&json!({})))
    }

    /// Creates the project, its key and the workload's endpoints.
    pub(super) fn set_up(&self, address: SocketAddr, workload: &Workload) -> std::io::Result<String> {
        let key = self.project(address)?;
        product::endpoints(address, &key, workload, &self.url(&self.receiver))?;
        Ok(key)
    }
}

/// An address nobody listens on.
pub(super) fn free_address() -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()
}
