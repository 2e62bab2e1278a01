//! What a scenario found: printed for people and kept for readers in the common form ([`crate::result`]).

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use postrider_model::time::Millis;
use serde::Serialize;
use serde_json::Value;

use crate::latency::Latency;
use crate::result::{Curve, FORMAT, Figure, Kept, Machine};

/// Prints a line.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints what went wrong.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "postrider-bench: {text}");
}

/// The wall clock, so far from now.
#[expect(clippy::disallowed_methods, reason = "a program of its own: it has no clock port")]
pub(crate) fn wall_clock(ahead: Duration) -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from((since + ahead).as_millis()).unwrap_or(i64::MAX))
}

/// A result that grows.
#[derive(Debug)]
pub(crate) struct Report {
    kept: Kept,
    folder: PathBuf,
}

impl Report {
    /// Begins one, before anything is started: it notes how busy the machine is.
    pub(crate) fn begin(
        scenario: &str,
        title: &str,
        postrider: &Path,
        options: &impl Serialize,
        folder: &Path,
    ) -> std::io::Result<Self> {
        line(&format!("\n== {scenario}: {title}"));
        let kept = Kept {
            format: FORMAT,
            scenario: scenario.to_owned(),
            title: title.to_owned(),
            taken_at: wall_clock(Duration::ZERO).rfc3339_millis(),
            machine: Machine::now(),
            command: command(),
            version: version(postrider),
            options: serde_json::to_value(options)?,
            figures: Vec::new(),
            latencies: Vec::new(),
        };
        Ok(Self { kept, folder: folder.to_owned() })
    }

    /// Keeps something that holds for the run beside its options.
    pub(crate) fn note(&mut self, name: &str, value: Value) {
        if let Value::Object(options) = &mut self.kept.options {
            options.insert(name.to_owned(), value);
        }
    }

    /// Adds a figure.
    pub(crate) fn add(&mut self, figure: Figure) {
        self.kept.figures.push(figure);
    }

    /// The median of a figure that was added.
    pub(crate) fn median(&self, name: &str, of: &str) -> Option<f64> {
        let figure = self.kept.figures.iter().find(|figure| figure.name == name && figure.of == of)?;
        Some(figure.median)
    }

    /// Adds a distribution.
    pub(crate) fn add_curve(&mut self, of: &str, per_second: Option<f64>, latency: &Latency) {
        self.kept.latencies.push(Curve::of(of, per_second, latency.histogram()));
    }

    /// Prints and keeps it.
    pub(crate) fn finish(self) -> std::io::Result<()> {
        for row in rows(&self.kept.figures) {
            line(&row);
        }
        self.kept.write(&self.folder)?;
        for goal in self.kept.missed() {
            line(&format!("{}: {goal}", self.kept.scenario));
        }
        Ok(())
    }
}

/// A row for each figure, in columns; a name is said once.
fn rows(figures: &[Figure]) -> Vec<String> {
    let mut last = "";
    let cells: Vec<[String; 4]> = figures
        .iter()
        .map(|figure| {
            let name = if figure.name == last { String::new() } else { figure.name.clone() };
            last = &figure.name;
            [name, figure.of.clone(), figure.show(), figure.verdict()]
        })
        .collect();
    columns(&cells, &[])
}

/// Rows of cells, each column as wide as its widest; those that are named by number end at the right.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]], right: &[usize]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let one = |row: &[String; N]| {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if right.contains(&column) { format!("  {cell:>width$}") } else { format!("  {cell:<width$}") }
        });
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(one).collect()
}

/// The command line, without the folder the program lies in.
fn command() -> String {
    std::iter::once("postrider-bench".to_owned())
        .chain(std::env::args().skip(1))
        .collect::<Vec<_>>()
        .join(" ")
}

/// What the server says of itself and, in a checkout, the commit that is checked out.
fn version(postrider: &Path) -> String {
    let said = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !text.is_empty()).then_some(text)
    };
    let version = said(postrider, &["--version"]).unwrap_or_else(|| "unknown".to_owned());
    match said(Path::new("git"), &["describe", "--always", "--dirty", "--abbrev=10"]) {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{Better, Goal};

    #[test]
    fn figures_stand_in_columns_with_what_their_goal_says() {
        let rate = |of: &str, sample| Figure::new("rate", of, "1/s", Better::More, vec![sample]);
        let figures = [rate("null sender", 1_000.0), rate("ratio", 0.5).with_goal(Goal::AtLeast(0.6))];
        assert_eq!(
            rows(&figures),
            ["  rate  null sender  1,000 /s", "        ratio        0.50 /s   goal ≥ 0.6: NOT MET"]
        );
    }
}
