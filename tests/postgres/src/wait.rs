//! Waiting for what gives no signal.

use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until it is done.
///
/// # Panics
/// When that takes longer than `patience`.
pub(crate) fn wait(what: &str, patience: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !done() {
        assert!(Instant::now() < deadline, "{what} did not come within {patience:?}");
        std::thread::sleep(PAUSE);
    }
}
