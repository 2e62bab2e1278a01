//! Child processes: started, watched through /proc, ended.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};

/// Ticks of /proc/PID/stat in a second (USER_HZ, which Linux fixes at 100).
const TICKS_PER_SECOND: f64 = 100.0;

/// How much of its last complaints is shown, in bytes.
const LAST_WORDS: usize = 600;

/// Refuses to begin where the programs it starts may open fewer file descriptors than that: a sender out of them
/// closes connections that it then opens again, and its rate says nothing.
pub(crate) fn need_descriptors(needed: u64) -> std::io::Result<()> {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if limit >= needed {
        return Ok(());
    }
    Err(std::io::Error::other(format!(
        "each program needs {needed} file descriptors, the limit is {limit} (ulimit -n)"
    )))
}

/// A running server; killed when dropped, and when the driver ends without dropping it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// What it writes to standard error: a file, for a pipe would have to be read while it is measured.
    complaints: File,
}

impl Server {
    /// Starts a program and waits for its line that contains `ready on`.
    pub(crate) fn start(
        program: &Path,
        arguments: &[String],
        environment: &[(&str, &str)],
    ) -> std::io::Result<Self> {
        Ok(Self::start_told(program, arguments, environment)?.0)
    }

    /// The same, and the line.
    pub(crate) fn start_told(
        program: &Path,
        arguments: &[String],
        environment: &[(&str, &str)],
    ) -> std::io::Result<(Self, String)> {
        let complaints = tempfile::tempfile()?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["leash", "--driver", &std::process::id().to_string(), "--"])
            .arg(program)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(complaints.try_clone()?)
            .spawn()?;
        let output = child.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
        let mut server = Self { child, complaints };
        let mut lines = BufReader::new(output).lines();
        for line in &mut lines {
            let line = line?;
            if line.contains("ready on") {
                // Whatever else it prints must not fill the pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok((server, line));
            }
        }
        let ended = server.child.wait()?;
        let words = server.last_words();
        let program = program.display();
        Err(std::io::Error::other(format!("{program} ended before it was ready ({ended}): {words}")))
    }

    /// Says that it has ended, if so, and what it last complained of.
    pub(crate) fn trouble(&mut self) -> String {
        let ended = match self.child.try_wait() {
            Ok(Some(status)) => format!("it has ended ({status})"),
            _ => format!("it still runs, with {} file descriptors open", self.descriptors()),
        };
        let words = self.last_words();
        if words.is_empty() { ended } else { format!("{ended}; its last words: {words}") }
    }

    fn last_words(&self) -> String {
        let mut words = [0; LAST_WORDS];
        let from = self.complaints.metadata().map_or(0, |file| file.len().saturating_sub(LAST_WORDS as u64));
        // Not by seeking: the program writes where this file stands. What cannot be read is not worth another error.
        let count = self.complaints.read_at(&mut words, from).unwrap_or(0);
        String::from_utf8_lossy(&words[..count]).trim().to_owned()
    }

    /// File descriptors it has open.
    pub(crate) fn descriptors(&self) -> u64 {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_or(0, |open| open.count() as u64)
    }

    /// CPU time used so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name in parentheses may hold spaces; user and system time are fields 14 and 15 of the whole.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks =
            |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        (ticks(11) + ticks(12)) / TICKS_PER_SECOND
    }

    /// Resident memory now and at its highest, in KiB.
    pub(crate) fn memory_kib(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        (field("VmRSS:").unwrap_or(0), field("VmHWM:").unwrap_or(0))
    }

    /// Asks it to stop and waits; kills it after `patience`.
    pub(crate) fn stop(mut self, patience: Duration) -> std::io::Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let end = Instant::now() + patience;
        while Instant::now() < end {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(std::io::Error::other("the server did not stop in time"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
