//! The whole system in simulation (DESIGN 9): the real engine and the real SQLite store on one thread, in virtual
//! time, under a seed. Receivers misbehave, people change endpoints, the clock jumps, the process crashes between
//! any two polls or in the middle of a write, the power fails, the disk does; afterwards everything that was answered
//! must be so. A failing seed replays exactly.

mod check;
mod client;
mod clock;
mod disk;
mod kernel;
mod ledger;
mod machine;
mod nodes;
mod prng;
mod shape;
mod store;
mod trace;
mod transport;
mod vfs;
mod world;

pub use disk::DiskCounts;
pub use nodes::{NodesReport, run as run_nodes};

/// What came of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// A hash over everything that happened: equal seeds have equal hashes.
    pub trace_hash: u64,
    /// Lines of the trace.
    pub lines: u64,
    /// Events that were posted and answered.
    pub events: u64,
    /// Requests that receivers got.
    pub requests: u64,
    /// Polls of tasks.
    pub polls: u64,
    /// Crashes.
    pub crashes: u32,
    /// What happened to the disk.
    pub disk: DiskCounts,
    /// The first invariant that did not hold.
    pub violation: Option<String>,
}

/// Runs one seed; `print` shows what happens, line by line.
///
/// # Errors
/// Where SQLite takes no VFS.
pub fn run(seed: u64, print: bool) -> std::io::Result<Report> {
    run_on(seed, print, true)
}

/// As [`run`]; a disk that is not honest says that the write-ahead log is synced without having done anything. It
/// proves that the invariants notice what a power loss takes.
///
/// # Errors
/// As [`run`].
pub fn run_on(seed: u64, print: bool, honest_disk: bool) -> std::io::Result<Report> {
    let mut world = world::World::new(seed, print, honest_disk)?;
    let violation = world.run().err();
    let ledger = world.ledger.lock();
    Ok(Report {
        seed,
        trace_hash: ledger.trace.hash(),
        lines: ledger.trace.lines(),
        events: ledger.answered,
        requests: ledger.requests.len() as u64,
        polls: world.polls,
        crashes: world.shape.crashes,
        disk: world.disk_counts(),
        violation,
    })
}
