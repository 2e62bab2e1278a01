//! The common form of a kept result, `bench/results/<scenario>.json`: written by every scenario, read by whatever
//! draws and compares. A change that an older reader would misread raises [`FORMAT`].

mod curve;
mod figure;
mod machine;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use curve::Curve;
pub(crate) use figure::{Better, Figure, Goal};
pub(crate) use machine::Machine;

/// The form's number.
pub(crate) const FORMAT: u32 = 1;

/// What one run of one scenario found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// [`FORMAT`].
    pub format: u32,
    /// Its name, the one it is run by.
    pub scenario: String,
    /// What it measures, in a few words.
    pub title: String,
    /// When it began, RFC 3339.
    pub taken_at: String,
    /// Where.
    pub machine: Machine,
    /// The command line.
    pub command: String,
    /// Postrider's version and, where known, the commit it was built from.
    pub version: String,
    /// The options in force, given or not.
    pub options: Value,
    /// In the order they are printed in.
    pub figures: Vec<Figure>,
    /// Whole distributions of latencies, where they were measured.
    pub latencies: Vec<Curve>,
}

impl Kept {
    /// Where a scenario's result is kept.
    pub(crate) fn path(folder: &Path, scenario: &str) -> PathBuf {
        folder.join(format!("{scenario}.json"))
    }

    /// Writes it, in place of the one before.
    pub(crate) fn write(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(Self::path(folder, &self.scenario), text + "\n")
    }

    /// The goals that were not met, in words.
    pub(crate) fn missed(&self) -> Vec<String> {
        self.figures.iter().filter(|figure| !figure.is_met()).map(Figure::to_string).collect()
    }
}

/// One to test with.
#[cfg(test)]
pub(crate) fn sample() -> Kept {
    tests::kept()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn kept() -> Kept {
        let ratio = Figure::new("rate", "ratio", "", Better::More, vec![0.5, 0.7, 0.6]);
        Kept {
            format: FORMAT,
            scenario: "one".into(),
            title: "one endpoint".into(),
            taken_at: "2026-11-21T13:00:00.000Z".into(),
            machine: Machine {
                cores: 2,
                memory_bytes: 1,
                cpu_model: "a".into(),
                kernel: "b".into(),
                load_at_start: 0.5,
            },
            command: "postrider-bench run one".into(),
            version: "0.1.0".into(),
            options: serde_json::json!({"pairs": 3}),
            figures: vec![ratio.with_goal(Goal::AtLeast(0.75))],
            latencies: vec![Curve {
                of: "postrider".into(),
                per_second: Some(1_000.0),
                counts: vec![(0.5, 0.5), (1.0, 1.0)],
            }],
        }
    }

    #[test]
    fn a_result_reads_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        kept().write(folder.path()).unwrap();
        let text = std::fs::read(Kept::path(folder.path(), "one")).unwrap();
        assert_eq!(serde_json::from_slice::<Kept>(&text).unwrap(), kept());
    }

    #[test]
    fn the_form_is_the_one_that_readers_know() {
        let value = serde_json::to_value(kept()).unwrap();
        assert_eq!(value["format"], 1);
        assert_eq!(
            value["figures"][0],
            serde_json::json!({
                "name": "rate", "of": "ratio", "unit": "", "median": 0.6, "least": 0.5, "most": 0.7,
                "samples": [0.5, 0.7, 0.6], "better": "more", "goal": {"at_least": 0.75},
            })
        );
        assert_eq!(
            value["latencies"][0],
            serde_json::json!({"of": "postrider", "per_second": 1000.0, "counts": [[0.5, 0.5], [1.0, 1.0]]})
        );
    }

    #[test]
    fn a_goal_that_is_not_met_is_said() {
        assert_eq!(kept().missed(), ["rate, ratio: 0.60 (0.50–0.70), goal ≥ 0.75: NOT MET"]);
    }
}
