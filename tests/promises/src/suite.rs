//! The tests of the workspace: built by cargo, listed and run by their own programs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Failure;
use crate::document::TestName;

/// What came of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It passed.
    Passed,
    /// It is there and was not to be run.
    Found,
    /// It failed.
    Failed,
    /// It is there and switched off.
    Ignored,
    /// There is none of that name.
    Missing,
}

impl Outcome {
    /// Whether it proves something.
    pub(crate) fn is_good(&self) -> bool {
        matches!(self, Self::Passed | Self::Found)
    }

    /// What is to be said of it, behind its name.
    pub(crate) fn remark(self) -> &'static str {
        match self {
            Self::Passed | Self::Found => "",
            Self::Failed => " — fails",
            Self::Ignored => " — is switched off",
            Self::Missing => " — there is no such test",
        }
    }
}

/// A program that holds tests.
#[derive(Debug)]
struct Program {
    package: String,
    target: String,
    /// Whether it holds the tests beside the code of a library or program.
    is_unit: bool,
    executable: PathBuf,
    /// Where cargo would start it.
    folder: PathBuf,
}

/// The programs of the packages that are asked for.
#[derive(Debug)]
pub(crate) struct Suite(Vec<Program>);

impl Suite {
    /// Builds what is needed for these tests.
    pub(crate) fn build(names: &BTreeSet<TestName>) -> Result<Self, Failure> {
        let packages: BTreeSet<_> = names.iter().map(|name| name.package.as_str()).collect();
        if packages.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["test", "--quiet", "--no-run", "--message-format", "json-render-diagnostics"]);
        for package in packages {
            build.args(["--package", package]);
        }
        let built = build.stderr(Stdio::inherit()).output()?;
        if !built.status.success() {
            return Err("the tests do not build".into());
        }
        let messages = String::from_utf8(built.stdout)?;
        Ok(Self(messages.lines().filter_map(|line| program(&serde_json::from_str(line).ok()?)).collect()))
    }

    /// What comes of each test.
    pub(crate) fn outcomes(
        &self,
        names: &BTreeSet<TestName>,
        run: bool,
    ) -> Result<BTreeMap<TestName, Outcome>, Failure> {
        let mut outcomes: BTreeMap<_, _> =
            names.iter().map(|name| (name.clone(), Outcome::Missing)).collect();
        for program in &self.0 {
            let wanted: Vec<_> = names.iter().filter(|name| program.holds(name)).collect();
            if wanted.is_empty() {
                continue;
            }
            for (path, outcome) in program.ask(&wanted, run)? {
                if let Some(name) = wanted.iter().find(|name| name.path == path) {
                    outcomes.insert((*name).clone(), outcome);
                }
            }
        }
        Ok(outcomes)
    }
}

/// A program from what cargo says when it has built one.
fn program(message: &Value) -> Option<Program> {
    let executable = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    let kind = message["target"]["kind"][0].as_str()?;
    Some(Program {
        package: package_of(message["package_id"].as_str()?)?,
        target: message["target"]["name"].as_str()?.to_owned(),
        is_unit: kind == "lib" || kind == "bin",
        executable: executable.into(),
        folder: manifest.parent()?.to_owned(),
    })
}

/// `path+file:///…/crates/api#postrider-api@0.1.0` names `postrider-api`; where the folder has the package's name, only
/// the version follows.
fn package_of(id: &str) -> Option<String> {
    let (source, rest) = id.rsplit_once('#')?;
    match rest.split_once('@') {
        Some((name, _)) => Some(name.to_owned()),
        None => source.rsplit('/').next().map(str::to_owned),
    }
}

impl Program {
    fn holds(&self, name: &TestName) -> bool {
        let same_target = match &name.target {
            Some(target) => !self.is_unit && *target == self.target,
            None => self.is_unit,
        };
        same_target && self.package == name.package
    }

    /// Runs the tests, or only looks for them.
    fn ask(&self, wanted: &[&TestName], run: bool) -> Result<Vec<(String, Outcome)>, Failure> {
        let mut command = Command::new(&self.executable);
        command.current_dir(&self.folder).arg("--exact");
        command.args(wanted.iter().map(|name| name.path.as_str()));
        if !run {
            command.args(["--list", "--format", "terse"]);
        }
        let answer = command.output()?;
        if !answer.status.success() {
            std::io::stderr().write_all(&answer.stderr)?;
        }
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        Ok(text.lines().filter_map(if run { ran } else { listed }).collect())
    }
}

/// `test a::b ... ok`
fn ran(line: &str) -> Option<(String, Outcome)> {
    let (path, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let outcome = match outcome.split(',').next()?.trim() {
        "ok" => Outcome::Passed,
        "ignored" => Outcome::Ignored,
        _ => Outcome::Failed,
    };
    // "- should panic" stands behind the name of a test that has to.
    Some((path.split(" - ").next()?.to_owned(), outcome))
}

/// `a::b: test`
fn listed(line: &str) -> Option<(String, Outcome)> {
    Some((line.strip_suffix(": test")?.to_owned(), Outcome::Found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_test_program_are_read() {
        assert_eq!(ran("test a::b ... ok"), Some(("a::b".to_owned(), Outcome::Passed)));
        assert_eq!(ran("test a::b ... FAILED"), Some(("a::b".to_owned(), Outcome::Failed)));
        assert_eq!(ran("test a::b ... ignored, slow"), Some(("a::b".to_owned(), Outcome::Ignored)));
        assert_eq!(ran("test a - should panic ... ok"), Some(("a".to_owned(), Outcome::Passed)));
        assert_eq!(ran("test result: ok. 1 passed"), None);
        assert_eq!(listed("a::b: test"), Some(("a::b".to_owned(), Outcome::Found)));
        assert_eq!(listed("1 test, 0 benchmarks"), None);
    }

    #[test]
    fn a_package_is_known_by_its_id() {
        assert_eq!(
            package_of("path+file:///x/crates/api#postrider-api@0.1.0").as_deref(),
            Some("postrider-api")
        );
        assert_eq!(package_of("path+file:///x/postrider#0.1.0").as_deref(), Some("postrider"));
    }
}
