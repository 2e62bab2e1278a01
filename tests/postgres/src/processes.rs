//! A server is a process with children of its own; a fault strikes all of them.

use rustix::process::{Pid, Signal, kill_process};

/// The server's first process, and its children.
///
/// # Panics
/// When the kernel does not say.
pub(crate) fn family(server: Pid) -> Vec<Pid> {
    let id = server.as_raw_nonzero();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let children = children.expect("Linux lists the children of a process");
    let children = children.split_whitespace().filter_map(|id| id.parse().ok()).filter_map(Pid::from_raw);
    std::iter::once(server).chain(children).collect()
}

/// Signals each; one that has ended meanwhile is no matter.
pub(crate) fn signal(all: &[Pid], signal: Signal) {
    for process in all {
        let _ = kill_process(*process, signal);
    }
}

/// Whether it is still there (a zombie is not).
pub(crate) fn is_alive(process: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    let state = stat.ok().and_then(|stat| stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()));
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}
