//! Statistics per project, mode and minute, each node's in a row of its own: what a node counted and what it last saw
//! waiting. One packed column, so that both stores add up in the same way.

mod packed;
mod steps;

use postrider_model::id::{Mode, ProjectKey};
use postrider_model::latency::Latencies;
use postrider_model::slot::NodeNumber;

pub use packed::BadCounts;
pub use steps::Steps;

/// What one node counted of one project's mode in one minute, to be added to what it counted before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectStatRow {
    /// The project.
    pub project: ProjectKey,
    /// The world.
    pub mode: Mode,
    /// Minutes since the Unix epoch.
    pub minute: i64,
    /// Who counted; 0 where the store has one process only.
    pub node: NodeNumber,
    /// The counts.
    pub sum: ProjectSum,
}

impl ProjectStatRow {
    /// The number of its project's mode, as stores keep it.
    pub fn world(&self) -> i64 {
        self.project.0 * 2 + self.mode.bit()
    }
}

/// Counts of a project's mode. Test sends are in none of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProjectSum {
    /// The first minute counted (0 in a [`ProjectStatRow`]).
    pub minute: i64,
    /// Events accepted.
    pub accepted: u64,
    /// Deliveries that these events were to have.
    pub deliveries: u64,
    /// Deliveries that ended delivered.
    pub delivered: u64,
    /// Deliveries given up.
    pub exhausted: u64,
    /// Deliveries that became held, at once or after an attempt; not those that a disabled endpoint's queue became.
    pub held: u64,
    /// Attempts that succeeded; a batch is one.
    pub succeeded: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Sum of the attempts' latencies in milliseconds.
    pub latency_ms: u64,
    /// The longest.
    pub latency_max_ms: u64,
    /// All of them, for percentiles.
    pub latencies: Latencies,
    /// What waited, where somebody looked.
    pub backlog: Option<SeenBacklog>,
}

/// What waited. Each node looks once a second at what is in its own lanes; looks of several nodes are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeenBacklog {
    /// Deliveries in lanes' memory that wait for their attempt, at the last look.
    pub waiting: u64,
    /// The most at any look.
    pub waiting_max: u64,
    /// Endpoints at the last look of which more is due than their lanes have room for; that more is not in `waiting`.
    pub overflowing: u64,
    /// How long the delivery that waited longest was past its due time, at the last look, in milliseconds.
    pub oldest_wait_ms: u64,
    /// The longest at any look.
    pub oldest_wait_max_ms: u64,
}

impl SeenBacklog {
    /// What one look saw.
    pub fn seen(waiting: u64, overflowing: u64, oldest_wait_ms: u64) -> Self {
        Self {
            waiting,
            waiting_max: waiting,
            overflowing,
            oldest_wait_ms,
            oldest_wait_max_ms: oldest_wait_ms,
        }
    }

    /// With what was seen later.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self {
            waiting_max: self.waiting_max.max(later.waiting_max),
            oldest_wait_max_ms: self.oldest_wait_max_ms.max(later.oldest_wait_max_ms),
            ..later
        }
    }

    /// With what another node saw in the same minute.
    fn beside(self, other: Self) -> Self {
        Self {
            waiting: self.waiting + other.waiting,
            // Not at the same instant, perhaps: there were never more.
            waiting_max: self.waiting_max + other.waiting_max,
            overflowing: self.overflowing + other.overflowing,
            oldest_wait_ms: self.oldest_wait_ms.max(other.oldest_wait_ms),
            oldest_wait_max_ms: self.oldest_wait_max_ms.max(other.oldest_wait_max_ms),
        }
    }
}

impl ProjectSum {
    /// Attempts made.
    pub fn attempts(&self) -> u64 {
        self.succeeded + self.failed
    }

    /// The share of attempts that succeeded, 0 to 1; `None` where there were none.
    pub fn success_rate(&self) -> Option<f64> {
        self.per_attempt(self.succeeded)
    }

    /// The attempts' mean latency in milliseconds.
    pub fn latency_mean_ms(&self) -> Option<f64> {
        self.per_attempt(self.latency_ms)
    }

    fn per_attempt(&self, number: u64) -> Option<f64> {
        let attempts = self.attempts();
        (attempts > 0).then(|| number as f64 / attempts as f64)
    }

    /// The latency that a share of the attempts, 0 to 1, did not exceed, in milliseconds; about an eighth exact at
    /// worst.
    pub fn latency_percentile_ms(&self, share: f64) -> Option<f64> {
        let found = self.latencies.percentile_ms(share)?;
        // Within the last bucket that is known better.
        Some(found.min((self.latency_max_ms + 1) as f64))
    }

    /// Adds what was counted later, or later in the same minute.
    pub fn add_later(&mut self, later: &Self) {
        self.add_counts(later);
        self.backlog = match (self.backlog, later.backlog) {
            (Some(before), Some(after)) => Some(before.then(after)),
            (before, after) => after.or(before),
        };
    }

    /// Adds what another node counted in the same minute.
    fn add_beside(&mut self, other: &Self) {
        self.add_counts(other);
        self.backlog = match (self.backlog, other.backlog) {
            (Some(one), Some(other)) => Some(one.beside(other)),
            (one, other) => one.or(other),
        };
    }

    fn add_counts(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.deliveries += other.deliveries;
        self.delivered += other.delivered;
        self.exhausted += other.exhausted;
        self.held += other.held;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.latency_ms = self.latency_ms.saturating_add(other.latency_ms);
        self.latency_max_ms = self.latency_max_ms.max(other.latency_max_ms);
        self.latencies.add(&other.latencies);
    }
}
