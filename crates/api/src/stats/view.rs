//! A project's counts as the native API shows them.

use postrider_model::time::Millis;
use postrider_service::stats::{CountedProject, begins_at};
use postrider_store::{ProjectSum, SeenBacklog};
use serde::Serialize;
use utoipa::ToSchema;

/// A project's counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectStats)]
pub struct ProjectStatsOut {
    /// From here.
    #[schema(value_type = String, format = DateTime)]
    since: Millis,
    /// To here, exclusive.
    #[schema(value_type = String, format = DateTime)]
    until: Millis,
    /// The length of one step.
    step_minutes: u32,
    /// All steps together.
    #[serde(flatten)]
    total: ProjectCountsOut,
    /// What waits now, whatever the span.
    backlog: BacklogOut,
    /// The steps in which something happened, oldest first.
    steps: Vec<ProjectStepOut>,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectStatsStep)]
pub struct ProjectStepOut {
    /// Its beginning.
    #[schema(value_type = String, format = DateTime)]
    at: Millis,
    #[serde(flatten)]
    counts: ProjectCountsOut,
}

/// What happened in a project. Percentiles are right to an eighth; they and the mean are `null` where there were no
/// attempts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectCounts)]
pub struct ProjectCountsOut {
    /// Events accepted.
    events: u64,
    /// Deliveries that these events were to have.
    deliveries: u64,
    /// Deliveries that ended delivered.
    delivered: u64,
    /// Deliveries given up.
    exhausted: u64,
    /// Deliveries that became held: at once, or after an attempt. Not those that an endpoint had pending when it was
    /// disabled.
    held: u64,
    /// Attempts made; a batch is one.
    attempts: u64,
    /// Attempts that succeeded.
    succeeded: u64,
    /// Attempts that failed.
    failed: u64,
    /// Share of attempts that succeeded, 0 to 1; `null` where there were none.
    success_rate: Option<f64>,
    /// Mean latency of the attempts in milliseconds.
    latency_mean_ms: Option<f64>,
    /// The latency that half of the attempts did not exceed.
    latency_p50_ms: Option<f64>,
    /// That 95 % did not exceed.
    latency_p95_ms: Option<f64>,
    /// That 99 % did not exceed.
    latency_p99_ms: Option<f64>,
    /// The longest.
    latency_max_ms: Option<u64>,
    /// The most deliveries that waited in memory at any one look, of which there is one each second.
    waiting_max: u64,
    /// The longest that a delivery in memory was past its due time at any look.
    oldest_wait_max_ms: u64,
}

/// What waits, as of a quarter of a minute ago at most: each node says what is in its own memory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectBacklog)]
pub struct BacklogOut {
    /// Deliveries in memory that wait for their attempt.
    waiting: u64,
    /// Endpoints of which more is due than memory has room for: the rest waits in the store, and is not counted in
    /// `waiting`.
    overflowing: u64,
    /// How long the one that waits longest is past its due time.
    oldest_wait_ms: u64,
}

impl From<&ProjectSum> for ProjectCountsOut {
    fn from(sum: &ProjectSum) -> Self {
        let backlog = sum.backlog.unwrap_or_default();
        Self {
            events: sum.accepted,
            deliveries: sum.deliveries,
            delivered: sum.delivered,
            exhausted: sum.exhausted,
            held: sum.held,
            attempts: sum.attempts(),
            succeeded: sum.succeeded,
            failed: sum.failed,
            success_rate: sum.success_rate(),
            latency_mean_ms: sum.latency_mean_ms(),
            latency_p50_ms: sum.latency_percentile_ms(0.5),
            latency_p95_ms: sum.latency_percentile_ms(0.95),
            latency_p99_ms: sum.latency_percentile_ms(0.99),
            latency_max_ms: (sum.attempts() > 0).then_some(sum.latency_max_ms),
            waiting_max: backlog.waiting_max,
            oldest_wait_max_ms: backlog.oldest_wait_max_ms,
        }
    }
}

impl From<SeenBacklog> for BacklogOut {
    fn from(backlog: SeenBacklog) -> Self {
        let SeenBacklog { waiting, overflowing, oldest_wait_ms, .. } = backlog;
        Self { waiting, overflowing, oldest_wait_ms }
    }
}

impl From<CountedProject> for ProjectStatsOut {
    fn from(counted: CountedProject) -> Self {
        let steps =
            counted.steps.iter().map(|step| ProjectStepOut { at: begins_at(step), counts: step.into() });
        Self {
            since: counted.since,
            until: counted.until,
            step_minutes: counted.step_minutes,
            total: (&counted.total).into(),
            backlog: counted.backlog.into(),
            steps: steps.collect(),
        }
    }
}
