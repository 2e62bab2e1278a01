//! The scenarios: one file each, each with the same parts — set up, measure, print, keep.

mod bed;
mod cost;
mod counted;
mod fanout;
mod held_snapshot;
mod https;
mod large;
mod neighbours;
mod nodes;
mod one;
mod options;
mod pages;
mod pair;
mod recovery;
mod resting;
mod saturation;
mod spread;
mod steady;

use crate::postgres::Postgres;
use crate::report::line;

pub(crate) use options::Options;

type Outcome = Result<(), Box<dyn std::error::Error>>;

type Scenario = (&'static str, fn(&Options) -> Outcome);

/// Every scenario by its name, in the order they are run in.
const ALL: &[Scenario] = &[
    ("one", one::run),
    ("spread", spread::run),
    ("zipf", spread::run_zipf),
    ("steady", steady::run),
    ("fanout", fanout::run),
    ("large", large::run),
    ("https", https::run),
    ("neighbours", neighbours::run),
    ("recovery", recovery::run),
    ("idle", resting::idle),
    ("pending", resting::pending),
    ("pages", pages::run),
    ("postgres-one", |options| one::run(&options.on_postgres())),
    ("postgres-spread", |options| spread::run(&options.on_postgres())),
    ("postgres-steady", |options| steady::run(&options.on_postgres())),
    ("nodes", nodes::run),
    ("held-snapshot", held_snapshot::run),
];

/// Those that need PostgreSQL whatever the store of the others.
const ON_POSTGRES: [&str; 5] =
    ["postgres-one", "postgres-spread", "postgres-steady", "nodes", "held-snapshot"];

/// Where a scenario comes in the order; those that are not known come last.
pub(crate) fn place(name: &str) -> usize {
    ALL.iter().position(|(known, _)| *known == name).unwrap_or(ALL.len())
}

/// Those that are a part of another, run when they are named.
const PARTS: &[Scenario] = &[("isolation", neighbours::run_hanging)];

/// All that can be run, by their names.
fn all(with_postgres: bool) -> Vec<&'static str> {
    if !with_postgres {
        line(&format!("PostgreSQL is not installed: left out {}", ON_POSTGRES.join(", ")));
    }
    let runs = |name: &&str| with_postgres || !ON_POSTGRES.contains(name);
    ALL.iter().map(|(name, _)| *name).filter(runs).collect()
}

/// Runs the named scenarios, or all.
pub(crate) fn run(options: &Options) -> Outcome {
    let options = options.effective();
    let names = || ALL.iter().chain(PARTS).map(|(name, _)| *name);
    let wanted: Vec<&str> = match options.scenarios.is_empty() {
        true => all(Postgres::is_installed()),
        false => options.scenarios.iter().map(String::as_str).collect(),
    };
    // A name that is none is said before anything has taken minutes.
    if let Some(other) = wanted.iter().find(|wanted| names().all(|name| name != **wanted)) {
        let known = names().collect::<Vec<_>>().join(", ");
        return Err(format!("no scenario {other:?}; there are {known}").into());
    }
    for (name, run) in
        wanted.iter().filter_map(|wanted| ALL.iter().chain(PARTS).find(|(name, _)| name == wanted))
    {
        run(&options).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_without_postgresql_is_all_but_what_needs_it() {
        let (with, without) = (all(true), all(false));
        assert_eq!(with.len(), ALL.len());
        assert_eq!(without.len() + ON_POSTGRES.len(), with.len());
        assert!(without.iter().all(|name| !name.starts_with(options::ON_POSTGRES)), "{without:?}");
    }

    #[test]
    fn a_scenario_on_postgresql_is_named_by_the_one_it_repeats() {
        let repeated = ALL.iter().filter_map(|(name, _)| name.strip_prefix(options::ON_POSTGRES));
        let known: Vec<&str> = repeated.filter(|name| place(name) < ALL.len()).collect();
        assert_eq!(known, ["one", "spread", "steady"]);
    }
}
