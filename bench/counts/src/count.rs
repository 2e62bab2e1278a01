//! Counting: each workload once short and once twice as long; the difference is what its operations cost.

use std::sync::Mutex;

use crate::Outcome;
use crate::recorded::Figures;
use crate::valgrind::Valgrind;
use crate::workload::Workload;

/// Instructions per operation of each workload, several counted side by side: instructions do not feel each other.
///
/// # Errors
/// Of the first workload that fails.
pub(crate) fn figures(valgrind: &Valgrind, workloads: &[Workload]) -> Outcome<Figures> {
    let jobs: Vec<_> = workloads.iter().map(|workload| (workload.name.as_str(), workload.count)).collect();
    let (waiting, done) = (Mutex::new(jobs.into_iter()), Mutex::new(Vec::new()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((name, count)) = next(&waiting) {
                    let figure = figure(valgrind, name, count).map_err(|error| format!("{name}: {error}"));
                    done.lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push((name.to_owned(), figure));
                }
            });
        }
    });
    let done = done.into_inner()?;
    Ok(done.into_iter().map(|(name, figure)| Ok((name, figure?))).collect::<Result<_, String>>()?)
}

fn next<'a>(waiting: &Mutex<impl Iterator<Item = (&'a str, usize)>>) -> Option<(&'a str, usize)> {
    waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next()
}

fn figure(valgrind: &Valgrind, name: &str, count: usize) -> Outcome<u64> {
    let instructions = |times: usize| -> Outcome<u64> {
        Ok(valgrind.run(&["run", name, &(count * times).to_string()])?.instructions)
    };
    per_operation(instructions(1)?, instructions(2)?, count).ok_or_else(|| "more work cost less".into())
}

/// What is done once, before and after the operations, is in both runs and so cancels out.
fn per_operation(short: u64, long: u64, count: usize) -> Option<u64> {
    let count = u64::try_from(count).ok()?;
    (long.checked_sub(short)? + count / 2).checked_div(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_once_cancels_out() {
        assert_eq!(per_operation(1_000_000 + 50 * 7, 1_000_000 + 100 * 7, 50), Some(7));
    }

    #[test]
    fn a_fraction_of_an_instruction_is_rounded() {
        assert_eq!(per_operation(0, 149, 100), Some(1));
        assert_eq!(per_operation(0, 150, 100), Some(2));
    }

    #[test]
    fn a_longer_run_that_costs_less_has_no_figure() {
        assert_eq!(per_operation(10, 9, 1), None);
        assert_eq!(per_operation(10, 20, 0), None);
    }
}
