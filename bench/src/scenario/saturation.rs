//! As many events as are taken, beside the null sender; then a steady rate, for latencies.

use std::time::Duration;

use super::bed::{Bed, Ground, Running};
use super::counted;
use super::pair::{self, Pair, Side};
use super::steady::{self, Held, Pace};
use super::{Options, Outcome};
use crate::driver::{Drive, Load};
use crate::process::need_descriptors;
use crate::product;
use crate::report::{Report, line};
use crate::result::Goal;
use crate::workload::Workload;

/// What is saturated, and with what.
#[derive(Debug)]
pub(super) struct Case<'a> {
    /// What is sent.
    pub workload: Workload,
    /// Where it runs.
    pub ground: Ground,
    /// Deliveries stored before.
    pub preload: u64,
    /// Behind "postrider, " in the figures, where a scenario has several cases.
    pub variant: &'a str,
    /// What the ratio is held to.
    pub goal: Option<Goal>,
    /// Events per second of the steady rate that latencies are measured at.
    pub per_second: f64,
    /// What those are held to.
    pub held: Held,
}

/// Measures a case and adds its figures.
pub(super) fn measure(options: &Options, report: &mut Report, case: &Case<'_>) -> Outcome {
    need_descriptors(case.workload.descriptors())?;
    let bed = Bed::on(options, case.ground.clone())?;
    bed.tell(report)?;
    let mut ours = bed.postrider()?;
    let key = bed.set_up(ours.address, &case.workload)?;
    if case.preload > 0 {
        line(&format!("storing {} deliveries first …", case.preload));
        store(&bed, &ours, &key, &case.workload, case.preload)
            .map_err(|error| format!("preload: {error}; Postrider: {}", ours.server.trouble()))?;
    }
    let mut null = bed.null_sender(&key, &case.workload)?;
    let mut pairs = Vec::new();
    for number in 0..=options.pairs {
        let load = case.load(options, number as u64);
        let mut null_side = Side { receiver: &bed.null_receiver, running: &mut null };
        let mut our_side = Side { receiver: &bed.receiver, running: &mut ours };
        let pair = Pair::measure(&mut null_side, &mut our_side, &load, &key)
            .map_err(|error| format!("pair {number}: {error}"))?;
        // The first pair warms both up.
        if number > 0 {
            line(&format!("pair {number}: {}", pair.show()));
            pairs.push(pair);
        }
    }
    pair::tell(report, &pairs, case.variant, case.goal);
    for (who, running) in [("null sender", &null), ("postrider", &ours)] {
        pair::tell_memory(report, who, case.variant, running);
    }
    let mut null_side = Side { receiver: &bed.null_receiver, running: &mut null };
    let mut our_side = Side { receiver: &bed.receiver, running: &mut ours };
    steady::compare(options, report, &mut null_side, &mut our_side, &case.pace(), &key)?;
    drop(null);
    counted::measure(options, report, &bed, ours, case, &key)
}

impl Case<'_> {
    /// As fast as events are taken; without a target.
    pub(super) fn load(&self, options: &Options, seed: u64) -> Load<'static> {
        Load {
            target: ([127, 0, 0, 1], 0).into(),
            connections: options.connections,
            time: options.half(),
            stop: None,
            how: Drive::Saturate,
            workload: self.workload,
            seed,
        }
    }

    pub(super) fn pace(&self) -> Pace<'_> {
        Pace { rate: self.per_second, workload: self.workload, variant: self.variant, held: self.held }
    }
}

/// Stores so many deliveries and waits until they are received.
pub(super) fn store(
    bed: &Bed,
    ours: &Running,
    key: &str,
    workload: &Workload,
    count: u64,
) -> std::io::Result<()> {
    let before = bed.receiver.counts()?;
    product::preload(ours.address, key, workload, count, "")?;
    bed.receiver.wait_for_all(before, count, Duration::from_secs(600))
}
