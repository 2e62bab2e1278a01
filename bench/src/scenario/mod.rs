//! The scenarios: one file each, each with the same parts — set up, measure, print, keep.

mod bed;
mod fanout;
mod https;
mod large;
mod neighbours;
mod one;
mod options;
mod pair;
mod recovery;
mod resting;
mod saturation;
mod spread;
mod steady;

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
];

/// Where a scenario comes in the order; those that are not known come last.
pub(crate) fn place(name: &str) -> usize {
    ALL.iter().position(|(known, _)| *known == name).unwrap_or(ALL.len())
}

/// Those that are a part of another, run when they are named.
const PARTS: &[Scenario] = &[("isolation", neighbours::run_hanging)];

/// Runs the named scenarios, or all.
pub(crate) fn run(options: &Options) -> Outcome {
    let options = options.effective();
    let names = || ALL.iter().chain(PARTS).map(|(name, _)| *name);
    let wanted: Vec<&str> = match options.scenarios.is_empty() {
        true => ALL.iter().map(|(name, _)| *name).collect(),
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
