//! How many files and sockets the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than any node has use for; some systems say "unlimited".
const PLENTY: u64 = 1 << 20;

/// Raises the limit as far as this user may, and returns it.
pub(crate) fn raise_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(PLENTY, |hard| hard.min(PLENTY));
    let current = limit.current.unwrap_or(PLENTY);
    if current >= wanted {
        return usize::try_from(current.min(PLENTY)).unwrap_or(usize::MAX);
    }
    let raised = match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, current, "the limit of open files could not be raised");
            current
        }
    };
    usize::try_from(raised).unwrap_or(usize::MAX)
}
