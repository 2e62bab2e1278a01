//! What is counted: real code on the data of DESIGN 8, in loops that the harness runs once short and once long.

mod accept;
mod delivery;
mod event;
mod matching;
mod ports;
mod send;
mod server;
mod sign;
mod store;

use crate::Outcome;

/// How much of a workload one program does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// Operations done.
    pub(crate) count: usize,
    /// Operations that the long run does: what is prepared beforehand is prepared for so many, whatever `count` is, so
    /// that it cancels out.
    pub(crate) most: usize,
}

type Work = Box<dyn Fn(Run) -> Outcome>;

/// Something whose instructions are counted.
pub(crate) struct Workload {
    /// Its name in the record.
    pub(crate) name: String,
    /// Operations of the short run; the long one has twice as many.
    pub(crate) count: usize,
    work: Work,
}

impl Workload {
    fn new(name: impl Into<String>, count: usize, work: impl Fn(Run) -> Outcome + 'static) -> Self {
        Self { name: name.into(), count, work: Box::new(work) }
    }

    /// Does so many operations, having prepared for `most`.
    ///
    /// # Errors
    /// Where the code under count does not do what it is there for.
    pub(crate) fn run(&self, run: Run) -> Outcome {
        (self.work)(run)
    }
}

/// All workloads, by name.
///
/// # Errors
/// Where a contract cannot be prepared.
pub(crate) fn all() -> Outcome<Vec<Workload>> {
    let mut all = vec![
        Workload::new("accept", accept::COUNT, accept::run),
        Workload::new("append", store::COUNT, store::append),
        Workload::new("delivery", delivery::COUNT, delivery::run),
        Workload::new("filter", matching::COUNT, matching::filter),
        Workload::new("send", send::COUNT, send::run),
        Workload::new("settle", store::COUNT, store::settle),
        Workload::new("types", matching::COUNT, matching::types),
    ];
    all.extend(sign::all()?);
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_does_its_work() {
        for workload in all().unwrap() {
            for count in [0, workload.count] {
                let done = workload.run(Run { count, most: workload.count });
                assert!(done.is_ok(), "{} × {count}: {done:?}", workload.name);
            }
        }
    }

    #[test]
    fn every_contract_that_is_shipped_is_rendered_and_signed() {
        let names: Vec<_> = all().unwrap().into_iter().map(|workload| workload.name).collect();
        for contract in postrider_contract::builtin_names() {
            assert!(names.contains(&format!("sign-{contract}")), "{contract}");
        }
    }
}
