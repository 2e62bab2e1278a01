//! One program under valgrind: how many instructions it executed in user space.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

/// The C library's random numbers and clocks, standing still.
const STILL: &str = include_str!("still.c");

/// Runs this program's own workloads under valgrind.
#[derive(Debug)]
pub(crate) struct Valgrind {
    program: PathBuf,
    still: PathBuf,
    scratch: tempfile::TempDir,
}

impl Valgrind {
    /// Compiles what stands still.
    ///
    /// # Errors
    /// Without a C compiler.
    pub(crate) fn new() -> Outcome<Self> {
        let scratch = tempfile::tempdir()?;
        let (source, still) = (scratch.path().join("still.c"), scratch.path().join("still.so"));
        std::fs::write(&source, STILL)?;
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-shared", "-fPIC", "-o"]).args([&still, &source]);
        said(&mut cc)?;
        Ok(Self { program: std::env::current_exe()?, still, scratch })
    }

    /// What the program says when it is called so, and how many instructions that took.
    ///
    /// # Errors
    /// Where valgrind is missing, the program fails, or valgrind does not say what it counted.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome<Counted> {
        // Every run has its own empty directory: names in it are drawn with random numbers that stand still.
        let dir = tempfile::tempdir_in(self.scratch.path())?;
        let mut valgrind = Command::new("valgrind");
        valgrind
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LD_PRELOAD", &self.still)
            .env("TMPDIR", dir.path())
            .current_dir(dir.path())
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&self.program)
            .args(arguments);
        let (said, log) = said(&mut valgrind)?;
        let instructions = instructions(&log).ok_or_else(|| format!("valgrind did not count: {log}"))?;
        Ok(Counted { said, instructions })
    }
}

/// What a program under valgrind did.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Its standard output.
    pub(crate) said: String,
    /// Instructions executed in user space, from its start to its end.
    pub(crate) instructions: u64,
}

/// A program's standard output and error.
fn said(command: &mut Command) -> Outcome<(String, String)> {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command.output().map_err(|error| format!("cannot run {program}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, log) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() { Ok((said, log)) } else { Err(format!("{program} failed: {log}").into()) }
}

/// The count in valgrind's log: `==7== I refs:  1,234`, in older versions `I   refs:`.
fn instructions(log: &str) -> Option<u64> {
    log.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| word.starts_with("=="));
        let (kind, refs, count) = (words.next()?, words.next()?, words.next()?);
        let count = count.replace(',', "");
        if (kind, refs) == ("I", "refs:") { count.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_of_instructions_is_read_from_either_form_of_valgrinds_log() {
        let old = "==12== Cachegrind, a cache and branch-prediction profiler\n==12== \n==12== I   refs:      1,234,567\n";
        assert_eq!(instructions(old), Some(1_234_567));
        let new = "==9== Command: ./x run refs\n==9== I refs:        89\n==9== I1  misses: 3\n";
        assert_eq!(instructions(new), Some(89));
    }

    #[test]
    fn a_log_without_a_count_of_instructions_is_not_read_as_one() {
        for log in ["", "==9== D refs: 12\n", "==9== I refs: many\n", "==9== I refs:\n", "I misses: 3"] {
            assert_eq!(instructions(log), None, "{log}");
        }
    }

    #[test]
    fn a_program_that_fails_is_an_error_with_its_last_words() {
        let error = said(Command::new("sh").args(["-c", "echo broken >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().contains("broken"), "{error}");
    }
}
