//! `postrider-bench compare`: what changed between two kept results, and what may be noise.

mod change;
mod pairs;

use std::path::PathBuf;

use change::{Change, Verdict};
use pairs::Pair;

use crate::number;
use crate::report::{columns, line};
use crate::result::Kept;
use crate::shelf;

/// What is compared.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Results taken before: a file, or a folder of them.
    old: PathBuf,
    /// Results taken after.
    new: PathBuf,
    /// Fail if a figure, but for the null sender's, got worse by more than so many percent and its ranges do not
    /// overlap.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    fail_beyond: Option<f64>,
}

fn percent(text: &str) -> Result<f64, String> {
    let percent: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if percent >= 0.0 { Ok(percent) } else { Err("not a percentage of 0 or more".to_owned()) }
}

/// Prints the comparison. An error if a figure fails.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let (old, new) = (shelf::read(&options.old)?, shelf::read(&options.new)?);
    compare(&old, &new).iter().for_each(|text| line(text));
    match options.fail_beyond {
        Some(percent) => Ok(fail(&old, &new, percent)?),
        None => Ok(()),
    }
}

/// The comparison, line by line.
fn compare(old: &[Kept], new: &[Kept]) -> Vec<String> {
    let (pairs, notes) = pairs::of(old, new);
    let mut lines: Vec<String> = pairs.iter().flat_map(table).collect();
    let changes = || pairs.iter().flat_map(|pair| &pair.changes);
    let count = |verdict| changes().filter(|change| change.verdict() == verdict).count();
    lines.push(format!(
        "{} better, {} worse, {} within noise, {} unchanged",
        count(Verdict::Better),
        count(Verdict::Worse),
        count(Verdict::WithinNoise),
        count(Verdict::Unchanged)
    ));
    lines.extend(notes);
    lines
}

/// A scenario's heading and its figures in columns; a name is said once.
fn table(pair: &Pair<'_>) -> Vec<String> {
    let Pair { old, new, .. } = pair;
    let mut last = "";
    let rows = pair.changes.iter().map(|change| {
        let name = if change.new.name == last { "" } else { change.new.name.as_str() };
        last = &change.new.name;
        let [before, after] =
            [change.old, change.new].map(|figure| figure.with_unit(&number::show(figure.median)));
        [name.to_owned(), change.new.of.clone(), before, after, change.shown(), change.said()]
    });
    let mut cells = vec![["figure", "of", "OLD", "NEW", "change", ""].map(str::to_owned)];
    cells.extend(rows);
    let mut lines = vec![format!(
        "== {}: {} ({}), then {} ({})",
        new.scenario, old.taken_at, old.version, new.taken_at, new.version
    )];
    lines.extend(columns(&cells, &[2, 3, 4]));
    lines.push(String::new());
    lines
}

/// An error that names every figure that got worse by more than so many percent.
fn fail(old: &[Kept], new: &[Kept], percent: f64) -> Result<(), String> {
    let (pairs, _) = pairs::of(old, new);
    if pairs.is_empty() {
        return Err("OLD and NEW have no scenario in common: nothing was held against the bound".to_owned());
    }
    let named = |pair: &Pair<'_>, change: &Change<'_>| {
        format!("{}: {}, {}: {}", pair.new.scenario, change.new.name, change.new.of, change.shown())
    };
    let failing: Vec<String> = pairs
        .iter()
        .flat_map(|pair| {
            pair.changes.iter().filter(|change| change.fails(percent)).map(|change| named(pair, change))
        })
        .collect();
    if failing.is_empty() {
        return Ok(());
    }
    Err(format!("worse by more than {} %: {}", number::plain(percent), failing.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{Better, Figure, sample};

    fn kept(figures: Vec<Figure>) -> Vec<Kept> {
        vec![Kept { figures, ..sample() }]
    }

    fn rate(samples: &[f64]) -> Figure {
        Figure::new("rate", "postrider", "1/s", Better::More, samples.to_vec())
    }

    fn p99(samples: &[f64]) -> Figure {
        Figure::new("p99", "postrider, at 1000/s", "ms", Better::Less, samples.to_vec())
    }

    #[test]
    fn every_figure_stands_with_both_medians_the_change_and_what_may_be_said_of_it() {
        let old = kept(vec![rate(&[20_000.0, 21_000.0, 22_000.0]), p99(&[1.0, 1.5])]);
        let new = kept(vec![rate(&[24_000.0, 25_000.0, 26_000.0]), p99(&[1.4, 1.6])]);
        let lines = compare(&old, &new);
        let expected = [
            "== one: 2026-11-21T13:00:00.000Z (0.1.0), then 2026-11-21T13:00:00.000Z (0.1.0)",
            "  figure  of                          OLD        NEW   change",
            "  rate    postrider             21,000 /s  25,000 /s  +19.0 %  better",
            "  p99     postrider, at 1000/s    1.25 ms    1.50 ms  +20.0 %  within noise",
        ];
        assert_eq!(lines[..4], expected);
    }

    #[test]
    fn a_figure_fails_only_if_it_got_worse_by_more_than_the_bound_and_beyond_noise() {
        let old = kept(vec![rate(&[100.0, 101.0, 102.0]), p99(&[1.0, 1.1, 1.2])]);
        let slower = kept(vec![rate(&[90.0, 91.0, 92.0]), p99(&[1.1, 1.5, 1.9])]);
        assert_eq!(fail(&old, &slower, 10.0), Ok(()));
        assert_eq!(
            fail(&old, &slower, 5.0).unwrap_err(),
            "worse by more than 5 %: one: rate, postrider: -9.9 %"
        );
        let faster = kept(vec![rate(&[190.0, 191.0, 192.0]), p99(&[0.1, 0.2, 0.3])]);
        assert_eq!(fail(&old, &faster, 0.0), Ok(()));
    }

    #[test]
    fn results_of_different_scenarios_pass_no_bound() {
        let idle = vec![Kept { scenario: "idle".into(), ..sample() }];
        assert!(fail(&[sample()], &idle, 5.0).unwrap_err().contains("no scenario in common"));
    }

    #[test]
    fn a_bound_below_nothing_is_refused() {
        assert!(percent("-1").is_err() && percent("x").is_err() && percent("NaN").is_err());
        assert_eq!(percent("2.5"), Ok(2.5));
    }
}
