//! `GET /v1/tenants/{tenant}/endpoints/{id}/stats`

use std::str::FromStr;

use axum::extract::State;
use postrider_http::{App, May, Path, Problem, Query, Reply, WebhooksRead};
use postrider_model::time::Millis;
use postrider_service::endpoint::{CountedStats, EndpointStats, begins_at};
use postrider_store::StatSum;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::{IntoParams, ToSchema};

/// Which span.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StatsIn {
    /// From here; a day before `until` if not said.
    #[param(value_type = Option<String>)]
    pub(crate) since: Option<Millis>,
    /// To here, exclusive; now if not said.
    #[param(value_type = Option<String>)]
    pub(crate) until: Option<Millis>,
    /// The length of one step, 1 to 1440; 60 if not said.
    #[serde(default, deserialize_with = "whole")]
    pub(crate) step_minutes: Option<u32>,
}

/// A query string has texts only.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let text = String::deserialize(deserializer)?;
    u32::from_str(&text).map(Some).map_err(|_| D::Error::custom("this must be a whole number"))
}

/// An endpoint's counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EndpointStats)]
pub struct StatsOut {
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
    total: CountsOut,
    /// The steps in which something happened, oldest first.
    steps: Vec<StepOut>,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EndpointStatsStep)]
pub struct StepOut {
    /// Its beginning.
    #[schema(value_type = String, format = DateTime)]
    at: Millis,
    #[serde(flatten)]
    counts: CountsOut,
}

/// Counts of attempts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttemptCounts)]
pub struct CountsOut {
    /// Attempts made.
    attempts: u64,
    /// Attempts that succeeded.
    succeeded: u64,
    /// Attempts that failed.
    failed: u64,
    /// Deliveries given up.
    exhausted: u64,
    /// Share of attempts that succeeded, 0 to 1; `null` where there were none.
    success_rate: Option<f64>,
    /// Mean latency in milliseconds; `null` where there were none.
    latency_mean_ms: Option<f64>,
    /// The longest latency in milliseconds; `null` where there were none.
    latency_max_ms: Option<u64>,
}

impl From<&StatSum> for CountsOut {
    fn from(sum: &StatSum) -> Self {
        let attempts = sum.succeeded + sum.failed;
        let per_attempt = |number: u64| (attempts > 0).then(|| number as f64 / attempts as f64);
        Self {
            attempts,
            succeeded: sum.succeeded,
            failed: sum.failed,
            exhausted: sum.exhausted,
            success_rate: per_attempt(sum.succeeded),
            latency_mean_ms: per_attempt(sum.latency_ms),
            latency_max_ms: (attempts > 0).then_some(sum.latency_max_ms),
        }
    }
}

impl From<CountedStats> for StatsOut {
    fn from(stats: CountedStats) -> Self {
        let steps = stats.steps.iter().map(|step| StepOut { at: begins_at(step), counts: step.into() });
        Self {
            since: stats.since,
            until: stats.until,
            step_minutes: stats.step_minutes,
            total: (&stats.total).into(),
            steps: steps.collect(),
        }
    }
}

/// Count an endpoint's attempts
///
/// What happened in the last minute may not be counted yet.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/endpoints/{id}/stats",
    operation_id = "get_endpoint_stats",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:read"])),
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The endpoint's id"),
        StatsIn,
    ),
    responses((status = 200, description = "The counts", body = StatsOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Path((tenant, id)): Path<(String, String)>,
    Query(query): Query<StatsIn>,
) -> Result<Reply<StatsOut>, Problem> {
    let StatsIn { since, until, step_minutes } = query;
    let stats = EndpointStats { caller: &caller, tenant: &tenant, id: &id, since, until, step_minutes };
    Ok(Reply::ok(stats.run(&app.engine).await?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_attempts_and_absent_where_there_were_none() {
        let sum =
            StatSum { succeeded: 3, failed: 1, latency_ms: 400, latency_max_ms: 250, ..StatSum::default() };
        let counts = CountsOut::from(&sum);
        assert_eq!((counts.success_rate, counts.latency_mean_ms), (Some(0.75), Some(100.0)));
        assert_eq!(counts.latency_max_ms, Some(250));
        let none = CountsOut::from(&StatSum::default());
        assert_eq!((none.success_rate, none.latency_mean_ms, none.latency_max_ms), (None, None, None));
    }
}
