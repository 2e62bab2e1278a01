//! Counts an endpoint's attempts.

use std::time::Duration;

use postrider_engine::Engine;
use postrider_model::time::Millis;
use postrider_store::StatSum;

use super::found::find;
use crate::{Caller, Fault, ServiceError, no_faults};

/// The most steps of one answer.
const MAX_STEPS: u64 = 1_500;
const MINUTE_MS: i64 = 60_000;
/// Without `since`: the last day.
const DEFAULT_SPAN: Duration = Duration::from_secs(86_400);
/// Without `step_minutes`: by the hour.
const DEFAULT_STEP_MINUTES: u32 = 60;
/// A step is at most a day.
const MAX_STEP_MINUTES: u32 = 1_440;

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
        check_span(since, until, step_minutes)?;
        let steps = engine.store().stats(found.endpoint.key, since, until, step_minutes).await?;
        let total = steps.iter().fold(StatSum::default(), add);
        Ok(CountedStats { since, until, step_minutes, total, steps })
    }
}

fn check_span(since: Millis, until: Millis, step_minutes: u32) -> Result<(), ServiceError> {
    let mut faults = Vec::new();
    if !(1..=MAX_STEP_MINUTES).contains(&step_minutes) {
        faults.push(Fault::at("/step_minutes", format!("This lies between 1 and {MAX_STEP_MINUTES}.")));
    }
    if since >= until {
        faults.push(Fault::at("/since", "This must lie before until."));
    }
    let span_minutes = until.since(since).as_secs() / 60;
    if span_minutes / u64::from(step_minutes.max(1)) > MAX_STEPS {
        faults.push(Fault::at(
            "/step_minutes",
            format!("An answer has at most {MAX_STEPS} steps: take longer ones."),
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

    #[test]
    fn an_empty_or_endless_span_is_refused() {
        let day = 86_400_000;
        assert!(check_span(Millis(0), Millis(day), 1).is_ok());
        assert!(check_span(Millis(day), Millis(day), 1).is_err());
        assert!(check_span(Millis(0), Millis(30 * day), 1).is_err());
        assert!(check_span(Millis(0), Millis(30 * day), 60).is_ok());
        assert!(check_span(Millis(0), Millis(day), 0).is_err());
    }
}
