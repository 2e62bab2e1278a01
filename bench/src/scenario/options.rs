//! What is run, and how long.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::steady::Held;
use crate::report::Report;
use crate::result::Goal;
use crate::workload::{Mix, Workload};

/// Before the name of a scenario that was measured on PostgreSQL.
pub(super) const ON_POSTGRES: &str = "postgres-";

/// How a receiver is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outage {
    /// Connections are refused.
    Refusing,
    /// Every request is answered 503.
    Unavailable,
}

/// What Postrider stores in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Store {
    /// The embedded store.
    Sqlite,
    /// A throw-away PostgreSQL of the benchmark's own, on the same disk.
    Postgres,
}

/// What is run, and how long.
#[derive(Debug, Clone, Serialize, clap::Args)]
pub(crate) struct Options {
    /// The server.
    #[arg(long, default_value = "target/release/postrider")]
    #[serde(skip)]
    pub postrider: PathBuf,
    /// Scenarios by their names; all of them if none is named.
    pub scenarios: Vec<String>,
    /// What Postrider stores in. With `postgres` a result is kept as the scenario `postgres-…`.
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    pub store: Store,
    /// A quick look: small numbers, half a minute for a scenario at most. Figures say little; they are kept apart, in
    /// `trial/` of the results.
    #[arg(long)]
    pub trial: bool,
    /// Interleaved pairs of null sender and Postrider.
    #[arg(long, default_value_t = 7)]
    pub pairs: usize,
    /// Seconds of each half of a pair, and of each round at a steady rate.
    #[arg(long, default_value_t = 3)]
    pub seconds: u64,
    /// Connections of the driver at saturation, each with one request at a time. A 202 of Postrider waits for the disk:
    /// with 64 it leaves an eighth of a machine of 2 cores idle, where the null sender leaves 4 % and gains nothing
    /// from more.
    #[arg(long, default_value_t = 128)]
    pub connections: usize,
    /// Tenants of the spread workload, with 10 endpoints each. A sender and its receiver hold a connection to each
    /// endpoint, often two: 20 file descriptors a tenant are asked for (`ulimit -n`).
    #[arg(long, default_value_t = 1_000)]
    pub tenants: u64,
    /// One in so many endpoints of the spread workload fails; 0 for none.
    #[arg(long, default_value_t = Workload::SPREAD.failing_one_in)]
    pub failing_one_in: u64,
    /// One in so many events of the spread workload has an idempotency key; 0 for none.
    #[arg(long, default_value_t = Workload::SPREAD.keyed_one_in)]
    pub keyed_one_in: u64,
    /// How events of the spread workload are spread over its tenants; `zipf` is kept as the scenario of that name.
    #[arg(long, value_enum, default_value_t = Workload::SPREAD.mix)]
    pub mix: Mix,
    /// Deliveries stored before the spread workload.
    #[arg(long, default_value_t = 1_000_000)]
    pub preload: u64,
    /// Deliveries pending in the `pending` scenario.
    #[arg(long, default_value_t = 1_000_000)]
    pub pending: u64,
    /// Endpoints of the `fanout` scenario; each program needs a file descriptor for each.
    #[arg(long, default_value_t = 10_000)]
    pub fan_out: u64,
    /// Deliveries that wait in the `recovery` scenario.
    #[arg(long, default_value_t = 500_000)]
    pub backlog: u64,
    /// How long the receiver is down there, at least. Half a minute after it was due a delivery counts as late, and
    /// live events go before it.
    #[arg(long, default_value_t = 45)]
    pub outage_seconds: u64,
    /// How it is down.
    #[arg(long, value_enum, default_value_t = Outage::Refusing)]
    pub outage: Outage,
    /// How long a snapshot is held in the `held-snapshot` scenario.
    #[arg(long, default_value_t = 30)]
    pub held_seconds: u64,
    /// Where data directories are made: a real disk, or an fsync says nothing.
    #[arg(long, default_value = "target")]
    #[serde(skip)]
    pub data_root: PathBuf,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    #[serde(skip)]
    pub results: PathBuf,
}

impl Options {
    /// What holds: a trial makes the numbers small.
    pub(super) fn effective(&self) -> Self {
        if !self.trial {
            return self.clone();
        }
        Self {
            pairs: self.pairs.min(2),
            seconds: self.seconds.min(1),
            tenants: self.tenants.min(20),
            preload: self.preload.min(5_000),
            pending: self.pending.min(5_000),
            fan_out: self.fan_out.min(500),
            backlog: self.backlog.min(5_000),
            outage_seconds: self.outage_seconds.min(3),
            held_seconds: self.held_seconds.min(5),
            results: self.results.join("trial"),
            ..self.clone()
        }
    }

    /// How long each half of a pair is driven.
    pub(super) const fn half(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How long it is measured what is measured once a round.
    pub(super) const fn steady(&self) -> Duration {
        Duration::from_secs(2 * self.seconds)
    }

    /// Rounds of what is not measured in pairs: a few pairs' worth.
    pub(super) fn rounds(&self) -> u64 {
        self.pairs.div_ceil(2).min(3) as u64
    }

    /// The same on PostgreSQL.
    pub(super) fn on_postgres(&self) -> Self {
        Self { store: Store::Postgres, ..self.clone() }
    }

    /// What ratios to the null sender are held to (DESIGN 8).
    pub(super) const fn ratio(&self) -> Goal {
        Goal::AtLeast(match self.store {
            Store::Sqlite => 0.6,
            Store::Postgres => 0.35,
        })
    }

    /// What latencies are held to, which DESIGN 8 says of the embedded store.
    pub(super) fn held(&self, held: Held) -> Held {
        if self.store == Store::Sqlite { held } else { Held::default() }
    }

    /// Begins a scenario's report; of one that is measured on either store, under the name it has on this one.
    pub(super) fn report(&self, scenario: &str, title: &str) -> std::io::Result<Report> {
        match self.store {
            Store::Sqlite => self.report_as(scenario, title),
            Store::Postgres => {
                self.report_as(&format!("{ON_POSTGRES}{scenario}"), &format!("{title}; on PostgreSQL"))
            }
        }
    }

    /// The same of one that has one store only.
    pub(super) fn report_as(&self, scenario: &str, title: &str) -> std::io::Result<Report> {
        Report::begin(scenario, title, &self.postrider, self, &self.results)
    }
}
