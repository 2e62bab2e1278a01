//! Large events: 64 KiB of data each, to one endpoint.

use super::bed::Ground;
use super::saturation::{Case, measure};
use super::steady::Held;
use super::{Options, Outcome};
use crate::workload::Workload;

pub(super) fn run(options: &Options) -> Outcome {
    let mut report = options.report("large", "one endpoint, 64 KiB of data")?;
    let case = Case {
        workload: Workload { data_bytes: 64 * 1024, ..Workload::ONE },
        ground: Ground::default(),
        preload: 0,
        variant: "",
        goal: None,
        // 12 MiB of data a second.
        per_second: 200.0,
        held: Held::default(),
    };
    measure(options, &mut report, &case)?;
    report.finish()?;
    Ok(())
}
