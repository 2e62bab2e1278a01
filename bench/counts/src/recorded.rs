//! The recorded figures: a file in the repository.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Outcome;

/// Where it is, from the root of the repository.
pub(crate) const FILE: &str = "bench/counts/recorded.toml";

const HEAD: &str = "# Instructions for one operation of each workload, by processor; bench/counts/README.md says more.\n\
                    # Written by `make counts RECORD=1`.\n";

/// Instructions per operation, by workload.
pub(crate) type Figures = BTreeMap<String, u64>;

/// What was recorded on one kind of processor.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Compilers and libraries, by name: another version may move figures.
    pub(crate) tools: BTreeMap<String, String>,
    /// The figures.
    pub(crate) instructions: Figures,
}

/// The whole file: records by processor.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Recorded(pub(crate) BTreeMap<String, Record>);

impl Recorded {
    /// Reads the file; none is an empty one.
    ///
    /// # Errors
    /// Where it cannot be read, or is not such a file.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()).into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("cannot read {}: {error}", path.display()).into()),
        }
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Outcome {
        std::fs::write(path, self.text()?)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(())
    }

    /// Sorted, one line for each figure, so that a change of one shows as one.
    fn text(&self) -> Result<String, toml::ser::Error> {
        Ok(format!("{HEAD}\n{}", toml::to_string(self)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> Recorded {
        let record = Record {
            tools: [("cc".to_owned(), "cc 12.2.0".to_owned())].into(),
            instructions: [("settle".to_owned(), 7), ("accept".to_owned(), 123_456)].into(),
        };
        Recorded([("x86_64+avx2".to_owned(), record)].into())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = recorded().text().unwrap();
        assert_eq!(Recorded::parse(&text).unwrap(), recorded());
    }

    #[test]
    fn every_figure_has_a_line_of_its_own_and_they_are_sorted() {
        let text = recorded().text().unwrap();
        let lines: Vec<_> = text.lines().rev().take(2).collect();
        assert_eq!(lines, ["settle = 7", "accept = 123456"]);
    }

    #[test]
    fn a_file_that_is_not_a_record_is_an_error() {
        for text in ["accept = 7", "[x86_64]\ntools = {}\ninstructions = { accept = -1 }", "[x86_64"] {
            assert!(Recorded::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_file_in_the_repository_can_be_read() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded.toml");
        assert!(!Recorded::read(&path).unwrap().0.is_empty());
    }
}
