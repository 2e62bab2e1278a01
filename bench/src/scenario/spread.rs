//! 1,000 tenants with 10 endpoints each, 5 % failing, half the events with an idempotency key, a million stored before.

use super::bed::Ground;
use super::saturation::{Case, measure};
use super::steady::Held;
use super::{Options, Outcome};
use crate::workload::{Mix, Workload};

pub(super) fn run(options: &Options) -> Outcome {
    with(options, options.mix)
}

/// The same, but the k-th tenant has about a k-th of the first one's events.
pub(super) fn run_zipf(options: &Options) -> Outcome {
    with(options, Mix::Zipf)
}

fn with(options: &Options, mix: Mix) -> Outcome {
    let name = if mix == Mix::Zipf { "zipf" } else { "spread" };
    let title = format!("{} tenants × {} endpoints, {name}", options.tenants, Workload::SPREAD.endpoints);
    let mut report = options.report(name, &title)?;
    let workload = Workload {
        tenants: options.tenants,
        failing_one_in: options.failing_one_in,
        keyed_one_in: options.keyed_one_in,
        mix,
        ..Workload::SPREAD
    };
    let case = Case {
        workload,
        ground: Ground::default(),
        preload: options.preload,
        variant: "",
        goal: Some(options.ratio()),
        per_second: 1_000.0,
        held: options.held(Held { p50_ms: None, p99_ms: Some(5.0) }),
    };
    measure(options, &mut report, &case)?;
    report.finish()?;
    Ok(())
}
