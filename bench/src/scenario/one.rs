//! One endpoint, 400 bytes of data, as fast as events are taken.

use super::bed::Ground;
use super::saturation::{Case, measure};
use super::steady::Held;
use super::{Options, Outcome};
use crate::workload::Workload;

pub(super) fn run(options: &Options) -> Outcome {
    let mut report = options.report("one", "one endpoint, 400 bytes of data, every event fsynced")?;
    let case = Case {
        workload: Workload::ONE,
        ground: Ground::default(),
        preload: 0,
        variant: "",
        goal: Some(options.ratio()),
        per_second: 1_000.0,
        held: Held::default(),
    };
    measure(options, &mut report, &case)?;
    report.finish()?;
    Ok(())
}
