//! The plots of one result alone: its distributions, its times, and how it went on.

use super::picture::{Picture, draw, join, paint_of, row};
use super::plot::{Curves, Line, Mark, Paint, Panel, Rows, Steps};
use crate::number;
use crate::result::{Curve, Figure, Goal, Kept};

/// What others are held against comes first.
const ALONE: &str = "alone";

/// One of them stands for all where a plot has no room for a curve: the 99th.
const PERCENTILES: [&str; 3] = ["p50", "p99", "p99.9"];

/// All of them, in the order of the page.
pub(super) fn pictures(kept: &Kept) -> Vec<Picture> {
    curves(kept)
        .into_iter()
        .chain(times(kept))
        .chain(kept.figures.iter().filter_map(|figure| steps(kept, figure)))
        .collect()
}

/// Times that more than one has: Postrider and the null sender, or Postrider alone and beside something. Percentiles of
/// the two are seen in their curves.
fn times(kept: &Kept) -> Vec<Picture> {
    let mut groups: Vec<Vec<&Figure>> = Vec::new();
    for figure in kept.figures.iter().filter(|figure| figure.unit == "ms") {
        match groups.iter_mut().find(|group| group[0].name == figure.name) {
            Some(group) => group.push(figure),
            None => groups.push(vec![figure]),
        }
    }
    let worth = |group: &Vec<&Figure>| {
        let subjects = || group.iter().any(|figure| Figure::who(&figure.of).0.is_empty());
        let percentile = group[0].name.rsplit(", ").next().filter(|word| PERCENTILES.contains(word));
        group.len() > 1 && percentile.is_none_or(|word| word == "p99" && subjects())
    };
    let pictures = groups.into_iter().filter(worth).filter_map(|mut group| {
        let name = group[0].name.as_str();
        group.sort_by_key(|figure| figure.of != ALONE);
        draw(
            &file(kept, name),
            Rows {
                title: format!("{}: {name}, median and range", kept.scenario),
                axis: "ms".into(),
                mark: Mark::Bar,
                rows: group.into_iter().map(row).collect(),
            },
        )
    });
    pictures.collect()
}

/// A figure whose samples are steps of time, by its name: `requests in 100 ms, step by step`.
fn steps(kept: &Kept, figure: &Figure) -> Option<Picture> {
    let counted = figure.name.strip_suffix(", step by step")?;
    let (_, length) = counted.rsplit_once(" in ")?;
    let step_seconds = match length.split_once(' ')? {
        (number, "ms") => number.parse::<f64>().ok()? / 1e3,
        (number, "s") => number.parse().ok()?,
        _ => return None,
    };
    let title = format!("{}: {counted}", kept.scenario);
    let alt = format!(
        "{title}, {}: {} steps, {} at most",
        figure.of,
        figure.samples.len(),
        number::show(figure.most)
    );
    let plot = Steps {
        title,
        counted: counted.to_owned(),
        since: figure.of.clone(),
        step_seconds,
        samples: figure.samples.clone(),
    };
    let picture = |plot: Steps| Picture { file: file(kept, counted), alt, svg: plot.draw() };
    (!figure.samples.is_empty() && step_seconds > 0.0).then(|| picture(plot))
}

/// The file of a plot: its scenario, and its name as far as a file may be called so.
fn file(kept: &Kept, name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    format!("{}-{}.svg", kept.scenario, words.collect::<Vec<_>>().join("-").to_lowercase())
}

fn curves(kept: &Kept) -> Option<Picture> {
    let mut told: Vec<&Curve> = kept.latencies.iter().filter(|curve| !curve.counts.is_empty()).collect();
    told.sort_by_key(|curve| curve.of != ALONE);
    let mut panels: Vec<Panel> = Vec::new();
    let mut legend: Vec<(Paint, String)> = Vec::new();
    for curve in &told {
        let (name, variant) = Figure::who(&curve.of);
        // Without a sender's name, what is said is what the curves of one panel differ by.
        let (name, variant) = if name.is_empty() { (variant, "") } else { (name, variant) };
        let paint = legend.iter().find(|(_, said)| said == name).map(|(paint, _)| *paint);
        let paint = paint.unwrap_or_else(|| {
            let paint = paint_of(&curve.of, legend.len());
            legend.push((paint, name.to_owned()));
            paint
        });
        let label = label_of(variant, curve.per_second);
        let line = Line { paint, counts: curve.counts.clone(), goals: goals_of(kept, curve) };
        match panels.iter_mut().find(|panel| panel.label == label) {
            Some(panel) => panel.lines.push(line),
            None => panels.push(Panel { label, lines: vec![line] }),
        }
    }
    let title = format!("{}: latency from due time to receipt", kept.scenario);
    let alt = format!("{title}, by percentile, of {}", join_all(&legend));
    let file = format!("{}-latency.svg", kept.scenario);
    (!panels.is_empty()).then(|| Picture { file, alt, svg: Curves { title, panels, legend }.draw() })
}

/// The goals of a curve's percentiles: those of the figures `p50`, `p99` … of the same.
fn goals_of(kept: &Kept, curve: &Curve) -> Vec<(f64, f64)> {
    let held = kept.figures.iter().filter(|figure| figure.of == curve.of && figure.unit == "ms");
    let goal = |figure: &Figure| {
        let percent: f64 = figure.name.strip_prefix('p')?.parse().ok()?;
        match figure.goal? {
            Goal::AtMost(bound) => Some((percent / 100.0, bound)),
            Goal::AtLeast(_) => None,
        }
    };
    held.filter_map(goal).collect()
}

/// What a panel is of: a variant, and the rate unless the variant says it already.
fn label_of(variant: &str, per_second: Option<f64>) -> String {
    let rate = per_second.map(|rate| format!("{} events/s", number::plain(rate))).unwrap_or_default();
    let variant = variant.split(", ").filter(|part| !(part.starts_with("at ") && part.ends_with("/s")));
    join(&variant.collect::<Vec<_>>().join(", "), &rate)
}

fn join_all(legend: &[(Paint, String)]) -> String {
    legend.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(", ")
}
