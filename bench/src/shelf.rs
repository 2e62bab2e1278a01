//! Reads kept results: a file, or a folder of them.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::result::{FORMAT, Kept};
use crate::scenario;

/// Why results cannot be read: which file, and what to do.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// Neither a file nor a folder can be opened there.
    Closed(PathBuf, std::io::Error),
    /// A folder without a result.
    Empty(PathBuf),
    /// A file that is not JSON, or not of the common form.
    NoResult(PathBuf, serde_json::Error),
    /// A file in the form of another version.
    OtherFormat(PathBuf, Value),
    /// A scenario's name that could be no file's.
    Name(PathBuf, String),
    /// Two files of one scenario.
    Twice(PathBuf, String),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(path, error) => write!(
                f,
                "{}: {error}; name a file or a folder that `postrider-bench run` has kept results in",
                path.display()
            ),
            Self::Empty(path) => write!(
                f,
                "{} holds no results (*.json); take some with `make bench` or `bench/run one`",
                path.display()
            ),
            Self::NoResult(path, error) => write!(
                f,
                "{} is no result of postrider-bench: {error}; move it elsewhere, or take the scenario again",
                path.display()
            ),
            Self::OtherFormat(path, found) => write!(
                f,
                "{} has format {found}, and this program reads format {FORMAT}; take the scenario again, or read it \
                 with the version that wrote it",
                path.display()
            ),
            Self::Name(path, scenario) => write!(
                f,
                "{} is of a scenario {scenario:?}; a name has letters, digits, - and _ only: mend it or move the file",
                path.display()
            ),
            Self::Twice(path, scenario) => write!(
                f,
                "{} is another result of the scenario {scenario}; keep one of them in a folder",
                path.display()
            ),
        }
    }
}

impl std::error::Error for Unreadable {}

/// The result in a file, or those in a folder's `*.json`, in the order their scenarios are run in. At least
/// one.
pub(crate) fn read(path: &Path) -> Result<Vec<Kept>, Unreadable> {
    let closed = |error| Unreadable::Closed(path.to_owned(), error);
    if !std::fs::metadata(path).map_err(closed)?.is_dir() {
        return Ok(vec![read_file(path)?]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(closed)? {
        let file = entry.map_err(closed)?.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            files.push(file);
        }
    }
    files.sort();
    let mut results: Vec<Kept> = Vec::new();
    for file in files {
        let kept = read_file(&file)?;
        if results.iter().any(|other| other.scenario == kept.scenario) {
            return Err(Unreadable::Twice(file, kept.scenario));
        }
        results.push(kept);
    }
    if results.is_empty() {
        return Err(Unreadable::Empty(path.to_owned()));
    }
    results.sort_by_key(|kept| (scenario::place(&kept.scenario), kept.scenario.clone()));
    Ok(results)
}

/// The format is looked at first: what it says of the rest is no error of the file.
fn read_file(path: &Path) -> Result<Kept, Unreadable> {
    let no_result = |error| Unreadable::NoResult(path.to_owned(), error);
    let text = std::fs::read(path).map_err(|error| Unreadable::Closed(path.to_owned(), error))?;
    let value: Value = serde_json::from_slice(&text).map_err(no_result)?;
    match value.get("format") {
        Some(found) if *found != FORMAT => Err(Unreadable::OtherFormat(path.to_owned(), found.clone())),
        _ => named(path, serde_json::from_value(value).map_err(no_result)?),
    }
}

/// Plots are written to files of the scenario's name.
fn named(path: &Path, kept: Kept) -> Result<Kept, Unreadable> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if kept.scenario.is_empty() || !kept.scenario.chars().all(fits) {
        return Err(Unreadable::Name(path.to_owned(), kept.scenario));
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::sample;

    fn said(path: &Path) -> String {
        read(path).unwrap_err().to_string()
    }

    #[test]
    fn a_folder_is_read_in_the_order_scenarios_are_run_in_and_a_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        for scenario in ["another", "idle", "one"] {
            Kept { scenario: scenario.into(), ..sample() }.write(folder.path()).unwrap();
        }
        std::fs::write(folder.path().join("notes.txt"), "not read").unwrap();
        let names =
            |path: &Path| read(path).unwrap().into_iter().map(|kept| kept.scenario).collect::<Vec<_>>();
        assert_eq!(names(folder.path()), ["one", "idle", "another"]);
        assert_eq!(names(&folder.path().join("idle.json")), ["idle"]);
    }

    #[test]
    fn a_file_that_is_no_result_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["{", "[]", r#"{"p99_ms": 3}"#, r#"{"format": 1, "scenario": "one"}"#] {
            std::fs::write(folder.path().join("old.json"), text).unwrap();
            let said = said(folder.path());
            assert!(said.contains("old.json is no result of postrider-bench: "), "{said}");
            assert!(said.ends_with("; move it elsewhere, or take the scenario again"), "{said}");
        }
    }

    #[test]
    fn another_format_is_said_and_not_guessed_at() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("new.json"), r#"{"format": 2, "numbers": []}"#).unwrap();
        let said = said(folder.path());
        assert!(said.contains("new.json has format 2, and this program reads format 1; take"), "{said}");
    }

    #[test]
    fn a_folder_without_results_and_a_place_that_is_none_say_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        assert!(said(folder.path()).contains("holds no results (*.json); take some with `make bench`"));
        assert!(said(&folder.path().join("nowhere")).contains("nowhere: No such file"));
    }

    #[test]
    fn a_scenario_cannot_be_named_so_that_its_plots_lie_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let text = serde_json::to_vec(&Kept { scenario: "../one".into(), ..sample() }).unwrap();
        std::fs::write(folder.path().join("one.json"), text).unwrap();
        let said = said(folder.path());
        assert!(said.contains(r#"one.json is of a scenario "../one"; a name has"#), "{said}");
    }

    #[test]
    fn two_results_of_one_scenario_in_a_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        sample().write(folder.path()).unwrap();
        let file = Kept::path(folder.path(), &sample().scenario);
        std::fs::copy(&file, folder.path().join("saved.json")).unwrap();
        let said = said(folder.path());
        assert!(said.contains("saved.json is another result of the scenario"), "{said}");
    }
}
