//! Steady rates: latency from an event's due time to its receipt, open loop.

use std::time::Duration;

use super::bed::Bed;
use super::cost::{self, Cost, Meter};
use super::pair::{self, Side};
use super::{Options, Outcome};
use crate::driver::{Drive, Load, Sent, drive};
use crate::latency::Latency;
use crate::receiver::Receiver;
use crate::report::{Report, line};
use crate::result::{Better, Figure, Goal};
use crate::workload::Workload;

const RATES: [f64; 3] = [100.0, 1_000.0, 5_000.0];

/// Connections of a driver that keeps a rate.
pub(super) const CONNECTIONS: usize = 16;

/// The rate that has goals, and the goals (DESIGN 8).
const HELD: (f64, Held) = (1_000.0, Held { p50_ms: Some(1.5), p99_ms: Some(5.0) });

/// What latencies are held to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
}

/// A steady rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace<'a> {
    /// Events per second.
    pub rate: f64,
    /// What is sent.
    pub workload: Workload,
    /// Behind "postrider, " in the figures, where a scenario has several cases.
    pub variant: &'a str,
    /// What Postrider is held to.
    pub held: Held,
}

/// What came of one round.
#[derive(Debug)]
struct Round {
    latency: Latency,
    cost: Cost,
    refused: u64,
    syncs_per_event: Option<f64>,
}

pub(super) fn run(options: &Options) -> Outcome {
    let mut report = options.report("steady", "one endpoint at steady rates, from due time to receipt")?;
    let bed = Bed::new(options)?;
    bed.tell(&mut report)?;
    let mut ours = bed.postrider()?;
    let key = bed.set_up(ours.address, &Workload::ONE)?;
    let mut null = bed.null_sender(&key, &Workload::ONE)?;
    let mut null = Side { receiver: &bed.null_receiver, running: &mut null };
    let mut ours = Side { receiver: &bed.receiver, running: &mut ours };
    for rate in RATES {
        let held = if rate == HELD.0 { options.held(HELD.1) } else { Held::default() };
        let pace = Pace { rate, workload: Workload::ONE, variant: "", held };
        compare(options, &mut report, &mut null, &mut ours, &pace, &key)?;
    }
    for (who, side) in [("null sender", &null), ("postrider", &ours)] {
        pair::tell_memory(&mut report, who, "", side.running);
    }
    report.finish()?;
    Ok(())
}

/// Drives both at a steady rate, in turns, and adds their figures.
pub(super) fn compare(
    options: &Options,
    report: &mut Report,
    null: &mut Side<'_>,
    ours: &mut Side<'_>,
    pace: &Pace<'_>,
    key: &str,
) -> Result<(), String> {
    let (mut nulls, mut all) = (Vec::new(), Vec::new());
    for seed in 0..options.rounds() {
        nulls.push(round(options, null, "null sender", pace, seed, key)?);
        all.push(round(options, ours, "postrider", pace, seed, key)?);
    }
    tell(report, "null sender", pace, &nulls);
    tell(report, "postrider", pace, &all);
    Ok(())
}

fn round(
    options: &Options,
    side: &mut Side<'_>,
    who: &str,
    pace: &Pace<'_>,
    seed: u64,
    key: &str,
) -> Result<Round, String> {
    let load = Load {
        target: side.running.address,
        connections: CONNECTIONS,
        time: options.half(),
        stop: None,
        how: Drive::Rate { per_second: pace.rate },
        workload: pace.workload,
        seed: 1_000 + seed,
    };
    let commits = || (who == "postrider").then(|| pair::commits(side.running)).transpose();
    let measured = (|| {
        let (before, meter) = (commits()?, Meter::begin(side.running)?);
        let (latency, sent) = measure(side.receiver, &load, key)?;
        let taken = meter.end(side.running)?;
        let committed = commits()?.zip(before).map(|(after, before)| after - before);
        Ok((latency, sent, taken, committed))
    })();
    let (latency, sent, taken, committed) = measured
        .map_err(|error: std::io::Error| side.explain(&format!("at {}/s: {who}", pace.rate), &error))?;
    line(&format!("{}: {}", pace.of(who), latency.show()));
    Ok(Round {
        latency,
        cost: taken.by(sent.deliveries as f64),
        refused: sent.refused,
        syncs_per_event: committed.map(|commits| commits / sent.accepted.max(1) as f64),
    })
}

/// Drives a load at its steady rate, and tells what its receiver saw.
pub(super) fn measure(receiver: &Receiver, load: &Load<'_>, key: &str) -> std::io::Result<(Latency, Sent)> {
    receiver.take_latencies()?;
    let before = receiver.counts()?;
    let sent = drive(load, key)?;
    receiver.wait_for_all(before, sent.healthy, Duration::from_secs(30))?;
    Ok((receiver.take_latencies()?, sent))
}

/// The figures of one of the two, and its curve over all rounds.
fn tell(report: &mut Report, who: &str, pace: &Pace<'_>, rounds: &[Round]) {
    let of = pace.of(who);
    let held = if who == "postrider" { pace.held } else { Held::default() };
    let goals = [held.p50_ms, held.p99_ms, None].map(|bound| bound.map(Goal::AtMost));
    let latencies: Vec<_> = rounds.iter().map(|round| round.latency.clone()).collect();
    for (figure, goal) in Latency::figures(&of, &latencies).into_iter().zip(goals) {
        report.add(Figure { goal, ..figure });
    }
    let costs: Vec<_> = rounds.iter().map(|round| round.cost).collect();
    cost::tell(report, &of, &costs, None);
    let mut add = |name: &str, samples: Vec<f64>| {
        report.add(Figure::new(name, &of, "", Better::Less, samples));
    };
    add("refused", rounds.iter().map(|round| round.refused as f64).collect());
    let syncs: Vec<_> = rounds.iter().filter_map(|round| round.syncs_per_event).collect();
    if !syncs.is_empty() {
        add("syncs per event", syncs);
    }
    report.add_curve(&of, Some(pace.rate), &Latency::sum(&latencies));
}

impl Pace<'_> {
    pub(super) fn of(&self, who: &str) -> String {
        format!("{}, at {}/s", pair::of(who, self.variant), self.rate)
    }
}
