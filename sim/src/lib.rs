//! The whole system in simulation (DESIGN 9): the real engine and the real SQLite store on one thread, in virtual
//! time, under a seed. Receivers misbehave, people change endpoints, the clock jumps, the process crashes between
//! any two polls; afterwards everything that was answered must be so. A failing seed replays exactly.

mod check;
mod client;
mod clock;
mod kernel;
mod ledger;
mod prng;
mod shape;
mod store;
mod trace;
mod transport;
mod world;

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
    /// The first invariant that did not hold.
    pub violation: Option<String>,
}

/// Runs one seed; `print` shows what happens, line by line.
///
/// # Errors
/// Where there is no place for the store's files.
pub fn run(seed: u64, print: bool) -> std::io::Result<Report> {
    let mut world = world::World::new(seed, print)?;
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
        violation,
    })
}
