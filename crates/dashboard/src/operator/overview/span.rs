//! The time that is looked at.

use std::time::Duration;

use maud::{Markup, html};
use postrider_http::App;
use postrider_model::time::Millis;
use postrider_service::Caller;
use postrider_service::stats::{CountProject, CountedProject};

use crate::chart::Times;
use crate::page::Refusal;
use crate::visit::Visit;
use crate::visit::links::with_query;

const MINUTE_MS: i64 = 60_000;

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Hour,
    Day,
    Week,
}

impl Span {
    const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    /// As an address has it; the hour for what is none.
    pub(super) fn named(word: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|span| Some(span.word()) == word).unwrap_or(Self::Hour)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// Minutes of a step, and how many steps there are.
    fn steps(self) -> (u32, usize) {
        match self {
            Self::Hour => (1, 60),
            Self::Day => (20, 72),
            Self::Week => (120, 84),
        }
    }

    /// From one look to the next: counts are written every ten seconds, and a week is more to read than an hour.
    pub(super) fn pause(self) -> Duration {
        Duration::from_secs(match self {
            Self::Hour => 5,
            Self::Day => 15,
            Self::Week => 60,
        })
    }

    /// Full steps, the last of which has begun.
    pub(super) fn times(self, now: Millis) -> Times {
        let (minutes, number) = self.steps();
        let step_ms = i64::from(minutes) * MINUTE_MS;
        let end = (now.0.div_euclid(step_ms) + 1) * step_ms;
        let since = Millis(end - step_ms * number as i64);
        Times { since, step: Duration::from_secs(u64::from(minutes) * 60), number }
    }

    /// Counts what happened.
    ///
    /// # Errors
    /// Of the store.
    pub(super) async fn count(self, app: &App, caller: &Caller) -> Result<(Times, CountedProject), Refusal> {
        let times = self.times(app.engine.now());
        let count = CountProject {
            caller,
            since: Some(times.since),
            until: None,
            step_minutes: Some(self.steps().0),
        };
        Ok((times, count.run(&app.engine).await?))
    }

    /// The choice between the spans.
    pub(super) fn tabs(self, visit: &Visit) -> Markup {
        let address = |span: Self| with_query(&visit.links.at(""), &[("span", span.word())]);
        html! {
            nav.tabs aria-label="Time" { @for span in Self::ALL {
                a href=(address(span)) aria-current=[(span == self).then_some("true")] { (span.title()) }
            } }
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Hour => "1 h",
            Self::Day => "24 h",
            Self::Week => "7 d",
        }
    }
}

/// What was counted in an hour before 2026-01-22T10:30:00Z.
#[cfg(test)]
pub(super) fn sample(kind: crate::samples::Kind) -> CountedProject {
    use crate::samples::Kind;
    use postrider_store::{ProjectSum, SeenBacklog};

    let until = Millis(1_769_077_800_000);
    let many = if kind == Kind::Hostile { u64::MAX / 120 } else { 20 };
    let step = |minute: i64| {
        let mut sum = ProjectSum {
            minute: until.0 / MINUTE_MS - minute,
            accepted: many,
            deliveries: many,
            delivered: many,
            exhausted: 1,
            succeeded: many,
            failed: 2,
            latency_max_ms: 80,
            backlog: Some(SeenBacklog::seen(many, 1, many)),
            ..ProjectSum::default()
        };
        sum.latencies.record(Duration::from_millis(20));
        sum
    };
    let steps: Vec<_> = (0..if kind == Kind::Empty { 0 } else { 60 }).rev().map(step).collect();
    let mut total = ProjectSum::default();
    steps.iter().for_each(|step| total.add_later(step));
    let backlog = total.backlog.unwrap_or_default();
    CountedProject { since: Span::Hour.times(until).since, until, step_minutes: 1, total, steps, backlog }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-22T10:30:59.999Z.
    const NOW: Millis = Millis(1_769_077_859_999);

    #[test]
    fn steps_are_full_and_the_last_one_holds_the_present() {
        for (span, since, until) in [
            (Span::Hour, "2026-01-22T09:31:00.000Z", "2026-01-22T10:31:00.000Z"),
            (Span::Day, "2026-01-21T10:40:00.000Z", "2026-01-22T10:40:00.000Z"),
            (Span::Week, "2026-01-15T12:00:00.000Z", "2026-01-22T12:00:00.000Z"),
        ] {
            let times = span.times(NOW);
            assert_eq!(
                (times.since.rfc3339_millis(), times.until().rfc3339_millis()),
                (since.into(), until.into())
            );
            assert_eq!(times.step_of(NOW), Some(times.number - 1));
        }
    }

    #[test]
    fn a_span_that_is_none_is_the_hour() {
        assert_eq!([None, Some("7d"), Some("9y")].map(Span::named), [Span::Hour, Span::Week, Span::Hour]);
    }
}
