//! A plot as a file, and what all plots have in common.

use super::plot::{Paint, Row, Rows};
use crate::result::Figure;

/// A plot, and the file it is written to.
#[derive(Debug)]
pub(super) struct Picture {
    pub file: String,
    /// What somebody reads who does not see it.
    pub alt: String,
    pub svg: String,
}

/// A plot of rows, unless there are none.
pub(super) fn draw(file: &str, rows: Rows) -> Option<Picture> {
    let described = rows.rows.iter().map(|row| format!("{} {}", join(&row.group, &row.label), row.shown));
    let alt = format!("{}: {}", rows.title, described.collect::<Vec<_>>().join("; "));
    (!rows.rows.is_empty()).then(|| Picture { file: file.into(), alt, svg: rows.draw() })
}

/// A row that shows a figure as it was measured.
pub(super) fn row(figure: &Figure) -> Row {
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

/// Whose colour; what is nobody's by name has one of its own, by number.
pub(super) fn paint_of(of: &str, number: usize) -> Paint {
    match Figure::who(of).0 {
        "null sender" => Paint::NullSender,
        "postrider" | "ratio" => Paint::Postrider,
        _ => Paint::Other(number),
    }
}

/// With a comma where neither is empty.
pub(super) fn join(one: &str, other: &str) -> String {
    let comma = if one.is_empty() || other.is_empty() { "" } else { ", " };
    format!("{one}{comma}{other}")
}
