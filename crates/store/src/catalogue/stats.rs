//! Statistics per endpoint and minute.

use postrider_model::id::EndpointKey;

/// Counts of one endpoint in one minute, to be added to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatRow {
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// Minutes since the Unix epoch.
    pub minute: i64,
    /// The counts.
    pub sum: StatSum,
}

/// Counts of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatSum {
    /// The first minute counted (0 in a [`StatRow`]).
    pub minute: i64,
    /// Attempts that succeeded.
    pub succeeded: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Deliveries given up.
    pub exhausted: u64,
    /// Sum of latencies in milliseconds.
    pub latency_ms: u64,
    /// The longest.
    pub latency_max_ms: u64,
}
