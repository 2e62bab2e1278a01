//! The plots of all results together: what is held to a goal, and Postrider beside the null sender.

use super::picture::{Picture, draw, join, row};
use super::plot::{Mark, Paint, Row, Rows};
use crate::number;
use crate::result::{Figure, Goal, Kept};

/// Every figure with a goal, as a multiple of it.
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

/// Postrider beside the null sender: ratios, rates and CPU time of every scenario that has them.
pub(super) fn beside_null(results: &[Kept]) -> Vec<Picture> {
    let ratios = figures(results).filter(|(_, figure)| {
        figure.name == "rate" && figure.unit.is_empty() && Figure::who(&figure.of).0 == "ratio"
    });
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

fn figures(results: &[Kept]) -> impl Iterator<Item = (&Kept, &Figure)> {
    results.iter().flat_map(|kept| kept.figures.iter().map(move |figure| (kept, figure)))
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

/// What is not said of whom is Postrider's.
fn unless_postrider(of: &str) -> &str {
    let (name, variant) = Figure::who(of);
    if name == "postrider" { variant } else { of }
}
