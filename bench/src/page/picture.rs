//! Which plots are drawn of which results.

use super::plot::{Curves, Line, Mark, Paint, Panel, Row, Rows};
use crate::number;
use crate::result::{Curve, Figure, Goal, Kept};

/// What others are held against comes first.
const ALONE: &str = "alone";

/// A plot, and the file it is written to.
#[derive(Debug)]
pub(super) struct Picture {
    pub file: String,
    /// What somebody reads who does not see it.
    pub alt: String,
    pub svg: String,
}

/// Of all results together: the goals.
pub(super) fn goals(results: &[Kept]) -> Option<Picture> {
    let rows: Vec<Row> = figures(results).filter_map(|(kept, figure)| from_goal(kept, figure)).collect();
    draw(
        "goals.svg",
        Rows {
            title: "How far each figure is from its goal".into(),
            axis: "times better than the goal; left of 1 the goal is not met".into(),
            mark: Mark::FromGoal,
            rows,
        },
    )
}

/// Of all results together: Postrider beside the null sender.
pub(super) fn beside_null(results: &[Kept]) -> Vec<Picture> {
    let ratios =
        figures(results).filter(|(_, figure)| figure.name == "rate" && Figure::who(&figure.of).0 == "ratio");
    let ratios = ratios.map(|(kept, figure)| Row {
        group: String::new(),
        label: join(&kept.scenario, Figure::who(&figure.of).1),
        ..row(figure)
    });
    let of_each = |name: &str, unit: &str| {
        let named = figures(results)
            .filter(|(_, figure)| figure.name == name && figure.unit == unit)
            .map(|(kept, figure)| Row { group: kept.scenario.clone(), ..row(figure) });
        named.collect::<Vec<_>>()
    };
    [
        draw(
            "ratios.svg",
            Rows {
                title: "Deliveries per second: ratio to the null sender, a dot for each pair".into(),
                axis: "Postrider's rate by the null sender's of the same pair".into(),
                mark: Mark::Dots,
                rows: ratios.collect(),
            },
        ),
        draw(
            "rates.svg",
            Rows {
                title: "Deliveries per second: median and range".into(),
                axis: "deliveries per second".into(),
                mark: Mark::Bar,
                rows: of_each("rate", "1/s"),
            },
        ),
        draw(
            "cpu.svg",
            Rows {
                title: "CPU time per delivery: median and range".into(),
                axis: "microseconds".into(),
                mark: Mark::Bar,
                rows: of_each("cpu", "µs"),
            },
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Of one result alone.
pub(super) fn of_one(kept: &Kept) -> Vec<Picture> {
    let p99 = |figure: &&Figure| figure.name == "p99" && figure.unit == "ms";
    let variants = kept.figures.iter().filter(p99).any(|figure| Figure::who(&figure.of).0.is_empty());
    let mut figures: Vec<&Figure> = kept.figures.iter().filter(|figure| variants && p99(figure)).collect();
    figures.sort_by_key(|figure| figure.of != ALONE);
    let rows = figures.into_iter().map(row).collect();
    let slow = draw(
        &format!("{}-p99.svg", kept.scenario),
        Rows {
            title: format!("{}: 99th percentile, median and range", kept.scenario),
            axis: "ms".into(),
            mark: Mark::Bar,
            rows,
        },
    );
    slow.into_iter().chain(curves(kept)).collect()
}

fn draw(file: &str, rows: Rows) -> Option<Picture> {
    let described = rows.rows.iter().map(|row| format!("{} {}", join(&row.group, &row.label), row.shown));
    let alt = format!("{}: {}", rows.title, described.collect::<Vec<_>>().join("; "));
    (!rows.rows.is_empty()).then(|| Picture { file: file.into(), alt, svg: rows.draw() })
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

fn figures(results: &[Kept]) -> impl Iterator<Item = (&Kept, &Figure)> {
    results.iter().flat_map(|kept| kept.figures.iter().map(move |figure| (kept, figure)))
}

/// A row that shows a figure as it was measured.
fn row(figure: &Figure) -> Row {
    Row {
        group: String::new(),
        label: figure.of.clone(),
        paint: paint_of(&figure.of, 0),
        median: figure.median,
        least: figure.least,
        most: figure.most,
        samples: figure.samples.clone(),
        goal: figure.goal,
        shown: figure.show(),
    }
}

/// A row that shows how often a figure has its goal; nothing where it has none.
fn from_goal(kept: &Kept, figure: &Figure) -> Option<Row> {
    let goal = figure.goal?;
    // Nothing at all is as far from its bound as is drawn.
    let better = |measured: f64| match goal {
        Goal::AtLeast(bound) if bound > 0.0 => measured / bound,
        Goal::AtLeast(_) => f64::MAX,
        Goal::AtMost(bound) if measured > 0.0 => bound / measured,
        Goal::AtMost(_) => f64::MAX,
    };
    let (one, other) = (better(figure.least), better(figure.most));
    Some(Row {
        group: String::new(),
        label: format!("{}: {}", kept.scenario, join(&figure.name, unless_postrider(&figure.of))),
        paint: if figure.is_met() { Paint::Met } else { Paint::Missed },
        median: better(figure.median),
        least: one.min(other),
        most: one.max(other),
        samples: figure.samples.clone(),
        goal: figure.goal,
        shown: format!("{}, goal {goal}", figure.with_unit(&number::show(figure.median))),
    })
}

fn paint_of(of: &str, number: usize) -> Paint {
    match Figure::who(of).0 {
        "null sender" => Paint::NullSender,
        "postrider" | "ratio" => Paint::Postrider,
        _ => Paint::Other(number),
    }
}

/// What is not said of whom is Postrider's.
fn unless_postrider(of: &str) -> &str {
    let (name, variant) = Figure::who(of);
    if name == "postrider" { variant } else { of }
}

/// With a comma where neither is empty.
fn join(one: &str, other: &str) -> String {
    let comma = if one.is_empty() || other.is_empty() { "" } else { ", " };
    format!("{one}{comma}{other}")
}
