//! What a delivery asks of PostgreSQL: statements and round trips, counted on the line in a run of its own, for
//! whoever counts is in the way.

use std::time::Duration;

use super::bed::{Bed, Node, Running};
use super::pair;
use super::saturation::Case;
use super::steady::{self, CONNECTIONS};
use super::{Options, Outcome};
use crate::driver::{Drive, Load};
use crate::postgres::{Counted, Postgres, Tap, Traffic};
use crate::report::{Report, line};
use crate::result::{Better, Figure};

/// Statements that are printed: those that took most time.
const SHOWN: usize = 15;

/// So much of a statement's text is printed, in characters.
const TEXT: usize = 90;

/// Starts Postrider again with a tap between it and its PostgreSQL, and adds what is counted there: at saturation, and at
/// the case's steady rate. Nothing where the store is the embedded one.
pub(super) fn measure(
    options: &Options,
    report: &mut Report,
    bed: &Bed,
    ours: Running,
    case: &Case<'_>,
    key: &str,
) -> Outcome {
    let Some(postgres) = bed.postgres() else { return Ok(()) };
    ours.server.stop(Duration::from_secs(30))?;
    let tap = postgres.tap()?;
    let ours = bed.node(&Node { database_url: Some(postgres.url_by(&tap)), ..Node::default() })?;
    let saturated = Load { target: ours.address, ..case.load(options, 2_000) };
    // The first load prepares statements.
    steady::measure(&bed.receiver, &saturated, key)?;
    let pace = case.pace();
    let how = Drive::Rate { per_second: pace.rate };
    let steadily = Load { connections: CONNECTIONS, how, seed: 3_000, ..saturated };
    let cases = [
        (pair::of("postrider", case.variant), Load { seed: 2_001, ..saturated }),
        (pace.of("postrider"), steadily),
    ];
    for (of, load) in cases {
        let (traffic, deliveries) = counted(postgres, &tap, || {
            Ok(steady::measure(&bed.receiver, &load, key)?.1.deliveries.max(1) as f64)
        })?;
        tell(report, &of, traffic, deliveries);
        show(&of, &postgres.counted()?, deliveries);
    }
    Ok(())
}

/// Counts while something is done; with what that gives.
fn counted<T>(
    postgres: &Postgres,
    tap: &Tap,
    work: impl FnOnce() -> std::io::Result<T>,
) -> std::io::Result<(Traffic, T)> {
    postgres.count_statements(true)?;
    let before = tap.traffic();
    let done = work()?;
    let traffic = tap.traffic().since(before);
    postgres.count_statements(false)?;
    Ok((traffic, done))
}

fn tell(report: &mut Report, of: &str, traffic: Traffic, deliveries: f64) {
    let mut add = |name: &str, unit: &str, all: f64| {
        report.add(Figure::new(name, of, unit, Better::Less, vec![all / deliveries]));
    };
    add("statements per delivery", "", traffic.statements as f64);
    add("round trips per delivery", "", traffic.round_trips as f64);
    add("sent to PostgreSQL", "KiB", traffic.sent as f64 / 1024.0);
    add("received from PostgreSQL", "KiB", traffic.received as f64 / 1024.0);
}

/// For whoever looks for what a delivery costs: the statements that took most.
fn show(of: &str, counted: &[Counted], deliveries: f64) {
    line(&format!("{of}: statements, by delivery: runs, µs in the server, bytes of log, pages looked at"));
    for one in counted.iter().take(SHOWN) {
        let [runs, micros, log, pages] =
            [one.calls, one.time_ms * 1e3, one.wal_bytes, one.pages].map(|all| all / deliveries);
        let text: String = one.text.chars().take(TEXT).collect();
        line(&format!("  {runs:>8.4} {micros:>8.2} {log:>8.1} {pages:>8.2}  {text}"));
    }
}
