//! The scenarios: one file each, each with the same parts — set up, measure, print, keep.

mod isolation;
mod pair;
mod resting;
mod saturation;
mod steady;

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::process::Server;
use crate::product;
use crate::receiver::Receiver;
use crate::workload::{Mix, Workload};

/// The root key the benchmark starts Postrider with.
const ROOT: &str = "bench-root-key-of-one-run-only";

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What is run, and how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The server.
    #[arg(long, default_value = "target/release/postrider")]
    postrider: PathBuf,
    /// one, spread, steady, isolation, idle, pending; all of them if none is named.
    scenarios: Vec<String>,
    /// Interleaved pairs of null sender and Postrider.
    #[arg(long, default_value_t = 7)]
    pairs: usize,
    /// Seconds of each half of a pair.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections of the driver at saturation.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Tenants of the spread workload, with 10 endpoints each. A sender and its receiver hold a connection to each
    /// endpoint, often two: 20 file descriptors a tenant are asked for (`ulimit -n`).
    #[arg(long, default_value_t = 1_000)]
    tenants: u64,
    /// One in so many endpoints of the spread workload fails; 0 for none.
    #[arg(long, default_value_t = Workload::SPREAD.failing_one_in)]
    failing_one_in: u64,
    /// One in so many events of the spread workload has an idempotency key; 0 for none.
    #[arg(long, default_value_t = Workload::SPREAD.keyed_one_in)]
    keyed_one_in: u64,
    /// How events of the spread workload are spread over its tenants.
    #[arg(long, value_enum, default_value_t = Workload::SPREAD.mix)]
    mix: Mix,
    /// Deliveries stored before the spread workload.
    #[arg(long, default_value_t = 1_000_000)]
    preload: u64,
    /// Deliveries pending in the `pending` scenario.
    #[arg(long, default_value_t = 1_000_000)]
    pending: u64,
    /// Where data directories are made: a real disk, or an fsync says nothing.
    #[arg(long, default_value = "target")]
    data_root: PathBuf,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

const ALL: [&str; 6] = ["one", "spread", "steady", "isolation", "idle", "pending"];

/// Runs the named scenarios, or all.
pub(crate) fn run(options: &Options) -> Outcome {
    let named: Vec<&str> = options.scenarios.iter().map(String::as_str).collect();
    for name in if named.is_empty() { ALL.to_vec() } else { named } {
        let done = match name {
            "one" => saturation::run(options, "one", &Workload::ONE, 0),
            "spread" => {
                let workload = Workload {
                    tenants: options.tenants,
                    failing_one_in: options.failing_one_in,
                    keyed_one_in: options.keyed_one_in,
                    mix: options.mix,
                    ..Workload::SPREAD
                };
                saturation::run(options, "spread", &workload, options.preload)
            }
            "steady" => steady::run(options),
            "isolation" => isolation::run(options),
            "idle" => resting::idle(options),
            "pending" => resting::pending(options),
            other => return Err(format!("no scenario {other:?}; there are {}", ALL.join(", ")).into()),
        };
        done.map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// What a scenario lies on: receivers, and the data directory of the server under test.
pub(crate) struct Bed {
    /// What Postrider sends to.
    pub receiver: Receiver,
    /// What the null sender sends to.
    pub null_receiver: Receiver,
    data: tempfile::TempDir,
    postrider: PathBuf,
}

impl Bed {
    pub(crate) fn new(options: &Options) -> std::io::Result<Self> {
        let (receiver, null_receiver) = (Receiver::start()?, Receiver::start()?);
        let data = tempfile::Builder::new().prefix("bench-data-").tempdir_in(&options.data_root)?;
        Ok(Self { receiver, null_receiver, data, postrider: options.postrider.clone() })
    }

    /// Starts Postrider on the bed's data directory.
    pub(crate) fn postrider(&self) -> std::io::Result<(Server, SocketAddr)> {
        let address = free_address()?;
        let arguments = [
            "serve".to_owned(),
            "--dev".to_owned(),
            format!("--listen={address}"),
            format!("--data-dir={}", self.data.path().display()),
        ];
        // What it logs for people would be measured too.
        let environment = [("POSTRIDER_ROOT_KEY", ROOT), ("RUST_LOG", "warn")];
        Ok((Server::start(&self.postrider, &arguments, &environment)?, address))
    }

    /// Starts the null sender for a workload.
    pub(crate) fn null_sender(
        &self,
        key: &str,
        workload: &Workload,
    ) -> std::io::Result<(Server, SocketAddr)> {
        let address = free_address()?;
        let arguments = [
            "null-sender".to_owned(),
            format!("--listen={address}"),
            format!("--receiver={}", self.null_receiver.address),
            format!("--key={key}"),
            format!("--tenants={}", workload.tenants),
            format!("--endpoints={}", workload.endpoints),
            format!("--failing-one-in={}", workload.failing_one_in),
        ];
        Ok((Server::start(&std::env::current_exe()?, &arguments, &[])?, address))
    }

    /// Creates the workload's project, key and endpoints.
    pub(crate) fn set_up(&self, address: SocketAddr, workload: &Workload) -> std::io::Result<String> {
        product::set_up(address, ROOT, workload, self.receiver.address)
    }
}

/// An address nobody listens on.
fn free_address() -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()
}
