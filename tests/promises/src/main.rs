//! `make contracts`: prints, for each document, its promises as rows with the tests that prove each.
//!
//! The rows are in `documents/*.toml`. The tests that they name are built and run; a row without a test, with one that
//! there is not, or with one that fails, makes the report fail.

mod document;
mod suite;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgAction, Command};

use document::{Document, TestName};
use suite::{Outcome, Suite};

/// Anything that keeps the report from being made.
pub(crate) type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let command = Command::new("promises")
        .about("What each document promises, and the test that proves it")
        .arg(
            Arg::new("list")
                .long("list")
                .action(ArgAction::SetTrue)
                .help("Look for the tests, do not run them"),
        )
        .arg(Arg::new("document").num_args(0..).help("Of these contracts only"));
    let args = command.get_matches();
    let only: Vec<_> = args.get_many::<String>("document").into_iter().flatten().cloned().collect();
    match report(&only, !args.get_flag("list")) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "promises: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the report; gives the number of rows that are not proved.
fn report(only: &[String], run: bool) -> Result<usize, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents");
    let mut documents = document::read_all(&folder)?;
    documents.retain(|document| only.is_empty() || only.contains(&document.contract));
    let names = documents.iter().flat_map(Document::tests).cloned().collect();
    let outcomes = Suite::build(&names)?.outcomes(&names, run)?;
    let mut out = io::stdout().lock();
    let mut unproved = 0;
    for document in &documents {
        unproved += print(&mut out, document, &outcomes)?;
    }
    let rows: usize = documents.iter().map(|document| document.promises.len()).sum();
    writeln!(out, "{rows} promises of {} documents, {unproved} not proved", documents.len())?;
    Ok(unproved)
}

fn print(
    out: &mut impl io::Write,
    document: &Document,
    outcomes: &BTreeMap<TestName, Outcome>,
) -> Result<usize, Failure> {
    writeln!(out, "{} — {}\n", document.contract, document.title)?;
    let mut unproved = 0;
    let mut section = "";
    for promise in &document.promises {
        if promise.section != section {
            section = &promise.section;
            writeln!(out, "  {section}")?;
        }
        let proved = !promise.tests.is_empty()
            && promise.tests.iter().all(|test| outcomes.get(test).is_some_and(Outcome::is_good));
        unproved += usize::from(!proved);
        writeln!(out, "  {} {}", if proved { "✓" } else { "✗" }, promise.says)?;
        if promise.tests.is_empty() {
            writeln!(out, "      no test")?;
        }
        for test in &promise.tests {
            let remark = outcomes.get(test).unwrap_or(&Outcome::Missing).remark();
            writeln!(out, "      {test}{remark}")?;
        }
    }
    writeln!(out)?;
    Ok(unproved)
}
