//! As many events as are taken, beside the null sender; then a steady rate, for latencies.

use std::time::Duration;

use super::bed::{Bed, Ground, Running};
use super::pair::{self, Pair, Side, of};
use super::steady::{self, Held};
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
    let mut ours = bed.postrider()?;
    let key = bed.set_up(ours.address, &case.workload)?;
    if case.preload > 0 {
        line(&format!("storing {} deliveries first …", case.preload));
        store(&bed, &ours, &key, case)
            .map_err(|error| format!("preload: {error}; Postrider: {}", ours.server.trouble()))?;
    }
    let mut null = bed.null_sender(&key, &case.workload)?;
    let mut pairs = Vec::new();
    for number in 0..=options.pairs {
        let load = load(options, case, number as u64, Drive::Saturate);
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
    for (who, receiver, running) in
        [("null sender", &bed.null_receiver, &mut null), ("postrider", &bed.receiver, &mut ours)]
    {
        pair::tell_memory(report, who, case.variant, running);
        let held = if who == "postrider" { case.held } else { Held::default() };
        let how = Drive::Rate { per_second: case.per_second };
        let load = Load { target: running.address, ..load(options, case, 1_000, how) };
        let steady = steady::measure(receiver, &load, &key).map_err(|error| {
            format!("at {}/s: {who}: {error}; {}", case.per_second, running.server.trouble())
        })?;
        steady.tell(report, &at_rate(who, case), case.per_second, held);
    }
    Ok(())
}

fn at_rate(who: &str, case: &Case<'_>) -> String {
    format!("{}, at {}/s", of(who, case.variant), case.per_second)
}

/// A load without its target.
fn load(options: &Options, case: &Case<'_>, seed: u64, how: Drive) -> Load<'static> {
    let (connections, time) = match how {
        Drive::Rate { .. } => (steady::CONNECTIONS, options.steady()),
        _ => (options.connections, options.half()),
    };
    let target = ([127, 0, 0, 1], 0).into();
    Load { target, connections, time, stop: None, how, workload: case.workload, seed }
}

/// Stores deliveries and waits until they are received.
fn store(bed: &Bed, ours: &Running, key: &str, case: &Case<'_>) -> std::io::Result<()> {
    let before = bed.receiver.counts()?;
    product::preload(ours.address, key, &case.workload, case.preload, "")?;
    bed.receiver.wait_for_all(before, case.preload, Duration::from_secs(600))
}
