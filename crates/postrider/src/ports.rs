//! The real clock, randomness, tasks and end of the process (DESIGN 3, invariants).

use postrider_engine::ports::{Clock, Fatal, Rng, Spawner, Task};
use postrider_model::time::Millis;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio_util::task::TaskTracker;

/// The exit code of a process that could not go on (`EX_SOFTWARE` of sysexits.h). A supervisor starts it again.
pub(crate) const FATAL_EXIT_CODE: i32 = 70;

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port of production")]
    fn now(&self) -> Millis {
        // Before 1970 the epoch holds: the ids of events would not sort otherwise.
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The system's source of randomness.
#[derive(Debug)]
pub(crate) struct SystemRng(SystemRandom);

impl Default for SystemRng {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Rng for SystemRng {
    fn fill(&self, bytes: &mut [u8]) {
        if self.0.fill(bytes).is_err() {
            // Ids and secrets that could be guessed are worse than none.
            Abort.die("the system gives no random numbers");
        }
    }
}

/// Tasks of the tokio runtime, counted, so that a stop can wait for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tracked(pub(crate) TaskTracker);

impl Spawner for Tracked {
    fn spawn(&self, task: Task) {
        self.0.spawn(task);
    }
}

/// Ends the process at once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Abort;

impl Fatal for Abort {
    fn die(&self, reason: &str) {
        tracing::error!(reason, "cannot go on: the process ends; the next start recovers");
        std::process::exit(FATAL_EXIT_CODE);
    }
}
