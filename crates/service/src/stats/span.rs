//! Which span is counted, in which steps.

use std::time::Duration;

use postrider_model::limits::Limits;
use postrider_model::time::Millis;

use crate::{Fault, ServiceError, no_faults};

/// Without `since`: the last day.
const DEFAULT_SPAN: Duration = Duration::from_secs(86_400);
/// Without `step_minutes`: by the hour.
const DEFAULT_STEP_MINUTES: u32 = 60;

/// A span and its steps, which are valid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub since: Millis,
    pub until: Millis,
    pub step_minutes: u32,
}

impl Span {
    /// What was asked for, with what was not said.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a span that is empty or has too many steps.
    pub(crate) fn of(
        since: Option<Millis>,
        until: Option<Millis>,
        step_minutes: Option<u32>,
        now: Millis,
        limits: &Limits,
    ) -> Result<Self, ServiceError> {
        let until = until.unwrap_or_else(|| now + Duration::from_millis(1));
        let span = Self {
            since: since.unwrap_or(until - DEFAULT_SPAN),
            until,
            step_minutes: step_minutes.unwrap_or(DEFAULT_STEP_MINUTES),
        };
        span.check(limits)?;
        Ok(span)
    }

    fn check(&self, limits: &Limits) -> Result<(), ServiceError> {
        let Self { since, until, step_minutes } = *self;
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(since: Millis, until: Millis, step_minutes: u32) -> Result<Span, ServiceError> {
        Span::of(Some(since), Some(until), Some(step_minutes), Millis(0), &Limits::default())
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
