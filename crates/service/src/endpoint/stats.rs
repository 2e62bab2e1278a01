//! Counts an endpoint's attempts.

use std::time::Duration;

use postrider_engine::Engine;
use postrider_model::limits::Limits;
use postrider_model::time::Millis;
use postrider_store::StatSum;

use super::found::find;
use crate::{Caller, Fault, ServiceError, no_faults};

const MINUTE_MS: i64 = 60_000;
/// Without `since`: the last day.
const DEFAULT_SPAN: Duration = Duration::from_secs(86_400);
/// Without `step_minutes`: by the hour.
const DEFAULT_STEP_MINUTES: u32 = 60;

/// Which counts.
#[derive(Debug)]
pub struct EndpointStats<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The endpoint's public id.
    pub id: &'a str,
    /// From here; the minute it lies in counts whole.
    pub since: Option<Millis>,
    /// To here, exclusive.
    pub until: Option<Millis>,
    /// The length of one step.
    pub step_minutes: Option<u32>,
}

/// An endpoint's counts.
#[derive(Debug)]
pub struct CountedStats {
    /// From here.
    pub since: Millis,
    /// To here.
    pub until: Millis,
    /// The length of one step.
    pub step_minutes: u32,
    /// All steps together.
    pub total: StatSum,
    /// The steps in which something happened, oldest first.
    pub steps: Vec<StatSum>,
}

impl EndpointStats<'_> {
    /// Counts. What happened in the last minute may not be counted yet (DESIGN 5).
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for a span that is empty or has too many steps.
    pub async fn run(self, engine: &Engine) -> Result<CountedStats, ServiceError> {
        let found = find(engine, self.caller, self.tenant, self.id).await?;
        let until = self.until.unwrap_or_else(|| engine.clock().now() + Duration::from_millis(1));
        let since = self.since.unwrap_or(until - DEFAULT_SPAN);
        let step_minutes = self.step_minutes.unwrap_or(DEFAULT_STEP_MINUTES);
        check_span(since, until, step_minutes, engine.limits())?;
        let steps = engine.store().stats(found.endpoint.key, since, until, step_minutes).await?;
        let total = steps.iter().fold(StatSum::default(), add);
        Ok(CountedStats { since, until, step_minutes, total, steps })
    }
}

fn check_span(since: Millis, until: Millis, step_minutes: u32, limits: &Limits) -> Result<(), ServiceError> {
    let (longest, most) = (limits.max_stats_step_minutes, limits.max_stats_steps);
    let mut faults = Vec::new();
    if !(1..=longest).contains(&step_minutes) {
        faults.push(Fault::at("/step_minutes", format!("This lies between 1 and {longest}.")));
    }
    if since >= until {
        faults.push(Fault::at("/since", "This must lie before until."));
    }
    let span_minutes = until.since(since).as_secs() / 60;
    if span_minutes / u64::from(step_minutes.max(1)) > most {
        faults.push(Fault::at(
            "/step_minutes",
            format!("An answer has at most {most} steps: take longer ones."),
        ));
    }
    no_faults(faults)
}

fn add(sum: StatSum, step: &StatSum) -> StatSum {
    StatSum {
        minute: sum.minute,
        succeeded: sum.succeeded + step.succeeded,
        failed: sum.failed + step.failed,
        exhausted: sum.exhausted + step.exhausted,
        latency_ms: sum.latency_ms + step.latency_ms,
        latency_max_ms: sum.latency_max_ms.max(step.latency_max_ms),
    }
}

/// The beginning of a step.
pub fn begins_at(step: &StatSum) -> Millis {
    Millis(step.minute * MINUTE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(since: Millis, until: Millis, step_minutes: u32) -> Result<(), ServiceError> {
        check_span(since, until, step_minutes, &Limits::default())
    }

    #[test]
    fn an_empty_or_endless_span_is_refused() {
        let day = 86_400_000;
        assert!(check(Millis(0), Millis(day), 1).is_ok());
        assert!(check(Millis(day), Millis(day), 1).is_err());
        assert!(check(Millis(0), Millis(30 * day), 1).is_err());
        assert!(check(Millis(0), Millis(30 * day), 60).is_ok());
        assert!(check(Millis(0), Millis(day), 0).is_err());
    }
}
