//! Counts an endpoint's attempts.

use postrider_engine::Engine;
use postrider_model::time::Millis;
use postrider_store::StatSum;

use super::found::find;
use crate::stats::span::Span;
use crate::{Caller, ServiceError};

const MINUTE_MS: i64 = 60_000;

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
        let now = engine.clock().now();
        let Span { since, until, step_minutes } =
            Span::of(self.since, self.until, self.step_minutes, now, engine.limits())?;
        let steps = engine.store().stats(found.endpoint.key, since, until, step_minutes).await?;
        let total = steps.iter().fold(StatSum::default(), add);
        Ok(CountedStats { since, until, step_minutes, total, steps })
    }
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
