//! What a scenario lies on: receivers, and the server under test with its data directory.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::Options;
use crate::process::Server;
use crate::product;
use crate::receiver::Receiver;
use crate::workload::Workload;

/// The root key the benchmark starts Postrider with.
const ROOT: &str = "bench-root-key-of-one-run-only";

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

/// Receivers, a data directory, and how the rest is started.
#[derive(Debug)]
pub(super) struct Bed {
    /// What Postrider sends to.
    pub receiver: Receiver,
    /// What the null sender sends to.
    pub null_receiver: Receiver,
    ground: Ground,
    data: tempfile::TempDir,
    postrider: PathBuf,
}

/// A server under test and where it answers.
#[derive(Debug)]
pub(super) struct Running {
    pub server: Server,
    pub address: SocketAddr,
}

impl Bed {
    pub(super) fn new(options: &Options) -> std::io::Result<Self> {
        Self::on(options, Ground::default())
    }

    pub(super) fn on(options: &Options, ground: Ground) -> std::io::Result<Self> {
        let receiver = Receiver::start(&ground.receiver)?;
        let null_receiver = Receiver::start(&[&ground.receiver[..], &ground.null_receiver].concat())?;
        let data = tempfile::Builder::new().prefix("bench-data-").tempdir_in(&options.data_root)?;
        Ok(Self { receiver, null_receiver, ground, data, postrider: options.postrider.clone() })
    }

    /// Starts Postrider on the bed's data directory.
    pub(super) fn postrider(&self) -> std::io::Result<Running> {
        let address = free_address()?;
        let mut arguments = vec![
            "serve".to_owned(),
            "--dev".to_owned(),
            format!("--listen={address}"),
            format!("--data-dir={}", self.data.path().display()),
        ];
        arguments.extend(self.ground.ca_file.iter().map(|path| format!("--ca-file={}", path.display())));
        // What it logs for people would be measured too.
        let environment = [("POSTRIDER_ROOT_KEY", ROOT), ("RUST_LOG", "warn")];
        Ok(Running { server: Server::start(&self.postrider, &arguments, &environment)?, address })
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
        Ok(Running { server: Server::start(&std::env::current_exe()?, &arguments, &[])?, address })
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
