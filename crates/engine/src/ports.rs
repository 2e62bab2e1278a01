//! The small ports through which time, randomness and tasks reach the engine (DESIGN 3, invariants).

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use postrider_model::time::Millis;

/// A boxed future that a task runs.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

/// The wall clock. It may be set while the process runs, and nothing waits by it: time passes as tokio's timers
/// measure it, which the simulation pauses, and the engine's own time (`time::EngineTime`) joins the two.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// What it shows.
    fn now(&self) -> Millis;
}

/// Gives random numbers.
pub trait Rng: Send + Sync + fmt::Debug + 'static {
    /// Fills `bytes`; for ids and secrets, so it must be unpredictable in production.
    fn fill(&self, bytes: &mut [u8]);

    /// A number in `0.0..1.0`.
    fn fraction(&self) -> f64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        // 53 bits are what an f64 holds exactly.
        (u64::from_le_bytes(bytes) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Starts tasks.
pub trait Spawner: Send + Sync + fmt::Debug + 'static {
    /// Runs the task until it ends or the engine does.
    fn spawn(&self, task: Task);
}

/// What the process must do when the engine cannot go on (a failed fsync, DESIGN 2.1).
pub trait Fatal: Send + Sync + fmt::Debug + 'static {
    /// Ends the process; a start recovers.
    fn die(&self, reason: &str);
}
