//! Instruction counts of the hot path, held to recorded figures: a benchmark that a noisy machine cannot fool.
//!
//! `check` counts every workload, or those named, and fails where one moved by more than 5 %; `record` writes what it
//! counts. Both run this program again under valgrind, as `run WORKLOAD OPERATIONS` (README.md).

mod comparison;
mod count;
mod machine;
mod recorded;
mod report;
mod valgrind;
mod workload;

use std::path::Path;
use std::process::ExitCode;

use comparison::{TOLERANCE_PERCENT, rows, table};
use recorded::{FILE, Record, Recorded};
use valgrind::Valgrind;
use workload::{Run, Workload};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// The server's: what it does for an allocation is part of what is counted.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["check", names @ ..] => check(names),
        ["record"] => record(),
        ["run", name, count] => run(name, count),
        ["processor"] => {
            report::line(&machine::processor());
            Ok(())
        }
        _ => Err("usage: postrider-counts check [WORKLOAD…] | record | run WORKLOAD OPERATIONS".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn check(names: &[&str]) -> Outcome {
    let is_asked = |name: &str| names.is_empty() || names.contains(&name);
    let mut workloads = workload::all()?;
    if let Some(unknown) = names.iter().find(|name| workloads.iter().all(|known| known.name != **name)) {
        return Err(format!("there is no workload {unknown}").into());
    }
    workloads.retain(|workload| is_asked(&workload.name));
    let valgrind = Valgrind::new()?;
    let processor = processor(&valgrind)?;
    let mut recorded = Recorded::read(Path::new(FILE))?;
    let Some(mut record) = recorded.0.remove(&processor) else {
        report::line(&format!(
            "SKIPPED: nothing is recorded in {FILE} for {processor}; `make counts RECORD=1` records it"
        ));
        return Ok(());
    };
    record.instructions.retain(|name, _| is_asked(name));
    let rows = rows(&record.instructions, &count::figures(&valgrind, &workloads)?);
    report::line(&format!("instructions for one operation, {processor}\n\n{}", table(&rows)));
    for difference in machine::differences(&record.tools, &machine::tools()) {
        report::line(&difference);
    }
    match rows.iter().filter(|row| !row.holds()).count() {
        0 => Ok(()),
        count => Err(format!(
            "{count} of {} figures are not within {TOLERANCE_PERCENT} % of {FILE}. Where that is meant, \
             `make counts RECORD=1` renews them; say in the commit why they moved.",
            rows.len()
        )
        .into()),
    }
}

fn record() -> Outcome {
    let valgrind = Valgrind::new()?;
    let processor = processor(&valgrind)?;
    let instructions = count::figures(&valgrind, &workload::all()?)?;
    let mut recorded = Recorded::read(Path::new(FILE))?;
    let before = recorded.0.remove(&processor).unwrap_or_default();
    report::line(&table(&rows(&before.instructions, &instructions)));
    recorded.0.insert(processor, Record { tools: machine::tools(), instructions });
    recorded.write(Path::new(FILE))
}

/// The processor that valgrind makes of this one.
fn processor(valgrind: &Valgrind) -> Outcome<String> {
    Ok(valgrind.run(&["processor"])?.said.trim().to_owned())
}

/// What valgrind counts.
fn run(name: &str, count: &str) -> Outcome {
    let workloads = workload::all()?;
    let known = |workload: &&Workload| workload.name == name;
    let workload = workloads.iter().find(known).ok_or_else(|| format!("there is no workload {name}"))?;
    workload.run(Run { count: count.parse()?, most: 2 * workload.count })
}
