//! Several nodes on one PostgreSQL: every event is posted to a node that delivers nothing, so every delivery goes to
//! another one. From an event's due time to its receipt (DESIGN 6).

use std::time::Duration;

use super::bed::{Bed, Node, Running};
use super::cost::{self, Cost, Meter};
use super::options::Options;
use super::{Outcome, pair, steady};
use crate::driver::{Drive, Load};
use crate::latency::Latency;
use crate::report::{Report, line};
use crate::result::{Better, Figure, Goal};
use crate::workload::Workload;

/// Endpoints enough to be spread over all slots.
pub(super) const WORKLOAD: Workload = Workload { tenants: 20, endpoints: 10, ..Workload::ONE };

const RATES: [f64; 2] = [100.0, 1_000.0];

/// The rate that has a goal, and the goal: 99 of 100 within so many milliseconds.
const HELD: (f64, f64) = (1_000.0, 60.0);

/// How the nodes hear of each other's deliveries.
struct Case {
    variant: &'static str,
    workers: usize,
    /// They are told that a transaction pooler stands before the server: no LISTEN, they ask each 100 ms.
    polling: bool,
}

const CASES: [Case; 3] = [
    Case { variant: "LISTEN", workers: 1, polling: false },
    Case { variant: "LISTEN, two workers", workers: 2, polling: false },
    Case { variant: "polling", workers: 1, polling: true },
];

/// What came of one round.
struct Round {
    latency: Latency,
    cost: Cost,
    refused: u64,
}

pub(super) fn run(options: &Options) -> Outcome {
    let options = &options.on_postgres();
    let mut report = options.report_as("nodes", "events posted to one node, delivered by others")?;
    for (number, case) in CASES.iter().enumerate() {
        let bed = Bed::new(options)?;
        if number == 0 {
            bed.tell(&mut report)?;
        }
        let nodes = Nodes::start(&bed, case.workers, case.polling)?;
        let key = bed.set_up(nodes.api.address, &WORKLOAD)?;
        // The first deliveries wait until the workers have shared the slots out.
        nodes.round(&bed, &key, HELD.0, options.half(), 0)?;
        for rate in RATES {
            let rounds = (1..=options.rounds())
                .map(|seed| nodes.round(&bed, &key, rate, options.steady(), seed))
                .collect::<Result<Vec<_>, _>>()?;
            tell(&mut report, case, rate, &rounds);
        }
        pair::tell_memory(&mut report, "postrider", &format!("{}, accepting", case.variant), &nodes.api);
        pair::tell_memory(
            &mut report,
            "postrider",
            &format!("{}, delivering", case.variant),
            &nodes.workers[0],
        );
    }
    report.finish()?;
    Ok(())
}

/// A node that accepts and nodes that deliver.
#[derive(Debug)]
pub(super) struct Nodes {
    pub api: Running,
    pub workers: Vec<Running>,
}

impl Nodes {
    pub(super) fn start(bed: &Bed, workers: usize, polling: bool) -> std::io::Result<Self> {
        let node = |role: &str, name: String| {
            let mut arguments = vec![format!("--role={role}"), format!("--node-name={name}")];
            arguments.extend(polling.then(|| "--database-pooler".to_owned()));
            bed.node(&Node { arguments, ..Node::default() })
        };
        let api = node("api", "accepting".to_owned())?;
        let workers = (1..=workers).map(|number| node("worker", format!("delivering-{number}")));
        Ok(Self { api, workers: workers.collect::<std::io::Result<_>>()? })
    }

    fn worker_seconds(&self) -> f64 {
        self.workers.iter().map(|worker| worker.server.cpu_seconds()).sum()
    }

    fn round(&self, bed: &Bed, key: &str, rate: f64, time: Duration, seed: u64) -> std::io::Result<Round> {
        let load = Load {
            target: self.api.address,
            connections: steady::CONNECTIONS,
            time,
            stop: None,
            how: Drive::Rate { per_second: rate },
            workload: WORKLOAD,
            seed: 1_000 + seed,
        };
        let (meter, workers) = (Meter::begin(&self.api)?, self.worker_seconds());
        let (latency, sent) = steady::measure(&bed.receiver, &load, key)?;
        let cost = meter.end(&self.api)?.and_server(self.worker_seconds() - workers);
        Ok(Round { latency, cost: cost.by(sent.deliveries as f64), refused: sent.refused })
    }
}

fn tell(report: &mut Report, case: &Case, rate: f64, rounds: &[Round]) {
    let of = format!("postrider, {}, at {rate}/s", case.variant);
    let latencies: Vec<_> = rounds.iter().map(|round| round.latency.clone()).collect();
    let all = Latency::sum(&latencies);
    line(&format!("{of}: {}", all.show()));
    let held = rate == HELD.0 && !case.polling;
    for figure in Latency::figures(&of, &latencies) {
        let goal = (held && figure.name == "p99").then_some(Goal::AtMost(HELD.1));
        report.add(Figure { goal, ..figure });
    }
    let costs: Vec<_> = rounds.iter().map(|round| round.cost).collect();
    cost::tell(report, &of, &costs, None);
    let refused = rounds.iter().map(|round| round.refused as f64).collect();
    report.add(Figure::new("refused", &of, "", Better::Less, refused));
    report.add_curve(&of, Some(rate), &all);
}
