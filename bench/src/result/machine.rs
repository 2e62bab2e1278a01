//! The machine a result was taken on, as Linux tells it.

use std::fs::read_to_string;

use serde::{Deserialize, Serialize};

/// What a reader must know to compare two results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Cores this process may use.
    pub cores: usize,
    /// Memory in all.
    pub memory_bytes: u64,
    /// The processor's name.
    pub cpu_model: String,
    /// The kernel's release.
    pub kernel: String,
    /// Runnable processes over the last minute, before anything was started: above a tenth of the cores somebody else
    /// was at work.
    pub load_at_start: f64,
}

impl Machine {
    /// This one, now.
    pub(crate) fn now() -> Self {
        let text = |path: &str| read_to_string(path).unwrap_or_default();
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory_bytes(&text("/proc/meminfo")),
            cpu_model: cpu_model(&text("/proc/cpuinfo")),
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_at_start: load(&text("/proc/loadavg")),
        }
    }
}

fn memory_bytes(meminfo: &str) -> u64 {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Some processors have no name there.
fn cpu_model(cpuinfo: &str) -> String {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split_once(':'))
        .map_or_else(|| "unknown".into(), |(_, name)| name.trim().into())
}

fn load(loadavg: &str) -> f64 {
    loadavg.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_proc_are_read() {
        assert_eq!(memory_bytes("MemTotal:       24684212 kB\nMemFree: 1 kB\n"), 24_684_212 * 1024);
        assert_eq!(cpu_model("processor\t: 0\nmodel name\t: Some (R) Chip\n"), "Some (R) Chip");
        assert_eq!(cpu_model("processor\t: 0\n"), "unknown");
        assert_eq!(load("1.42 1.19 1.63 2/300 12345\n"), 1.42);
    }
}
