//! Steady rates: latency from an event's due time to its receipt, open loop.

use std::time::Duration;

use super::bed::Bed;
use super::{Options, Outcome};
use crate::driver::{Drive, Load, drive};
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

/// What came of a steady rate.
#[derive(Debug)]
pub(super) struct Steady {
    pub latency: Latency,
    pub refused: u64,
}

pub(super) fn run(options: &Options) -> Outcome {
    let mut report = options.report("steady", "one endpoint at steady rates, from due time to receipt")?;
    let bed = Bed::new(options)?;
    let ours = bed.postrider()?;
    let key = bed.set_up(ours.address, &Workload::ONE)?;
    let null = bed.null_sender(&key, &Workload::ONE)?;
    for rate in RATES {
        for (who, running, receiver) in
            [("null sender", &null, &bed.null_receiver), ("postrider", &ours, &bed.receiver)]
        {
            let load = Load {
                target: running.address,
                connections: CONNECTIONS,
                time: options.steady(),
                stop: None,
                how: Drive::Rate { per_second: rate },
                workload: Workload::ONE,
                seed: 1,
            };
            let cpu = running.server.cpu_seconds();
            let steady = measure(receiver, &load, &key)?;
            let cpu = (running.server.cpu_seconds() - cpu) * 1e6 / steady.latency.count().max(1) as f64;
            let of = format!("{who}, at {rate}/s");
            line(&format!("steady: {of}: {}", steady.latency.show()));
            let held = if who == "postrider" && rate == HELD.0 { HELD.1 } else { Held::default() };
            steady.tell(&mut report, &of, rate, held);
            report.add(Figure::new("cpu", &of, "µs", Better::Less, vec![cpu]));
        }
    }
    report.finish()?;
    Ok(())
}

/// Drives a load at its steady rate, and tells what its receiver saw.
pub(super) fn measure(receiver: &Receiver, load: &Load<'_>, key: &str) -> std::io::Result<Steady> {
    receiver.take_latencies()?;
    let before = receiver.counts()?;
    let sent = drive(load, key)?;
    receiver.wait_for_all(before, sent.healthy, Duration::from_secs(30))?;
    Ok(Steady { latency: receiver.take_latencies()?, refused: sent.refused })
}

impl Steady {
    /// Its figures and its curve.
    pub(super) fn tell(&self, report: &mut Report, of: &str, rate: f64, held: Held) {
        let goals = [held.p50_ms, held.p99_ms, None].map(|bound| bound.map(Goal::AtMost));
        for (figure, goal) in Latency::figures(of, std::slice::from_ref(&self.latency)).into_iter().zip(goals)
        {
            report.add(Figure { goal, ..figure });
        }
        report.add(Figure::new("refused", of, "", Better::Less, vec![self.refused as f64]));
        report.add_curve(of, Some(rate), &self.latency);
    }
}
