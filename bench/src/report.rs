//! Figures for people and, as JSON, for comparison.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

/// Prints a line.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints rows of three columns, each as wide as its widest cell.
pub(crate) fn table(rows: &[[String; 3]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second, third) = (width(0), width(1), width(2));
    for [name, left, right] in rows {
        line(&format!("{name:<first$}  {left:>second$}  {right:>third$}"));
    }
}

/// Prints what went wrong.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "postrider-bench: {text}");
}

/// A figure measured several times.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Spread {
    /// The middle one.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Of at least one figure.
    pub(crate) fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
        let half = figures.len() / 2;
        let median = if figures.len().is_multiple_of(2) {
            f64::midpoint(at(half.saturating_sub(1)), at(half))
        } else {
            at(half)
        };
        Self { median, least: at(0), most: at(figures.len().saturating_sub(1)) }
    }

    /// With so many digits behind the point.
    pub(crate) fn show(&self, digits: usize) -> String {
        format!("{:.digits$} ({:.digits$}–{:.digits$})", self.median, self.least, self.most)
    }
}

/// Writes a scenario's result to the results folder.
pub(crate) fn keep(folder: &Path, name: &str, result: &impl Serialize) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let text = serde_json::to_string_pretty(result)?;
    std::fs::write(folder.join(format!("{name}.json")), text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_figure() {
        let spread = Spread::of(vec![3.0, 1.0, 2.0]);
        assert_eq!((spread.median, spread.least, spread.most), (2.0, 1.0, 3.0));
        assert_eq!(Spread::of(vec![4.0, 2.0]).median, 3.0);
    }
}
