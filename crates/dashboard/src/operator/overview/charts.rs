//! What happened over time.

use maud::{Markup, html};
use postrider_service::stats::{CountedProject, begins_at};
use postrider_store::ProjectSum;

use crate::chart::{Chart, Series, Shape, Times, Unit, thousands};
use crate::view::section;

/// The charts, each with its heading.
#[derive(Debug)]
pub(super) struct Charts(Vec<Chart>);

impl Charts {
    pub(super) fn of(times: Times, counted: &CountedProject) -> Self {
        let steps = Steps::of(times, &counted.steps);
        Self(vec![
            steps.events(&counted.total),
            steps.outcomes(&counted.total),
            steps.latency(&counted.total),
            steps.attempts(&counted.total),
            steps.waiting(),
            steps.oldest(),
        ])
    }

    pub(super) fn markup(&self) -> Markup {
        html! {
            div.charts { @for chart in &self.0 { (section(chart.title, &chart.show())) } }
            p.soft { "Times on the charts are in UTC. What happened in the last ten seconds may not be counted yet. Test events are not counted." }
        }
    }
}

/// The counts of each step; `None` where nothing was counted.
struct Steps<'a> {
    times: Times,
    sums: Vec<Option<&'a ProjectSum>>,
}

impl<'a> Steps<'a> {
    fn of(times: Times, counted: &'a [ProjectSum]) -> Self {
        let mut sums = vec![None; times.number];
        for sum in counted {
            if let Some(place) = times.step_of(begins_at(sum)).and_then(|step| sums.get_mut(step)) {
                *place = Some(sum);
            }
        }
        Self { times, sums }
    }

    fn chart(&self, title: &'static str, unit: Unit, shape: Shape, series: Vec<Series>) -> Chart {
        Chart { title, nothing: "No events in this time.", unit, shape, times: self.times, series }
    }

    /// A number that is counted: 0 where nothing was.
    fn counted(
        &self,
        name: &'static str,
        class: &'static str,
        total: Option<u64>,
        value: impl Fn(&ProjectSum) -> u64,
    ) -> Series {
        let values = self.sums.iter().map(|sum| Some(sum.map_or(0.0, |sum| value(sum) as f64))).collect();
        Series { name, class, note: total.map(thousands).unwrap_or_default(), values }
    }

    fn events(&self, total: &ProjectSum) -> Chart {
        let series = self.counted("accepted", "accent", Some(total.accepted), |sum| sum.accepted);
        self.chart("Events", Unit::Count, Shape::Bars, vec![series])
    }

    fn outcomes(&self, total: &ProjectSum) -> Chart {
        let series = vec![
            self.counted("delivered", "good", Some(total.delivered), |sum| sum.delivered),
            self.counted("failed", "bad", Some(total.exhausted), |sum| sum.exhausted),
            self.counted("held", "held", Some(total.held), |sum| sum.held),
        ];
        let chart = self.chart("Deliveries by outcome", Unit::Count, Shape::Bars, series);
        Chart { nothing: "No deliveries in this time.", ..chart }
    }

    fn attempts(&self, total: &ProjectSum) -> Chart {
        let series = vec![
            self.counted("succeeded", "good", Some(total.succeeded), |sum| sum.succeeded),
            self.counted("failed", "bad", Some(total.failed), |sum| sum.failed),
        ];
        let chart = self.chart("Attempts", Unit::Count, Shape::Bars, series);
        Chart { nothing: "No attempts in this time.", ..chart }
    }

    fn latency(&self, total: &ProjectSum) -> Chart {
        let percentile = |name, class, share: f64| {
            let of = |sum: &ProjectSum| sum.latency_percentile_ms(share);
            Series {
                name,
                class,
                note: of(total).map(|ms| Unit::Millis.short(ms)).unwrap_or_default(),
                values: self.sums.iter().map(|sum| sum.and_then(of)).collect(),
            }
        };
        let series = vec![
            percentile("p50", "good", 0.5),
            percentile("p95", "wait dashed", 0.95),
            percentile("p99", "bad dotted", 0.99),
        ];
        let chart = self.chart("Latency of attempts", Unit::Millis, Shape::Lines, series);
        Chart { nothing: "No attempts in this time.", ..chart }
    }

    fn waiting(&self) -> Chart {
        let most = |sum: &ProjectSum| sum.backlog.map_or(0, |backlog| backlog.waiting_max);
        let series = vec![self.counted("most due", "held", None, most)];
        let chart = self.chart("Due deliveries", Unit::Count, Shape::Lines, series);
        Chart { nothing: "Nothing had to wait in this time.", ..chart }
    }

    fn oldest(&self) -> Chart {
        let longest = |sum: &ProjectSum| sum.backlog.map_or(0, |backlog| backlog.oldest_wait_max_ms);
        let series = vec![self.counted("oldest past its due time", "wait", None, longest)];
        let chart = self.chart("How late", Unit::Millis, Shape::Lines, series);
        Chart { nothing: "Nothing was late in this time.", ..chart }
    }
}

#[cfg(test)]
mod tests {
    use super::super::span::{Span, sample};
    use super::*;
    use crate::samples::Kind;

    #[test]
    fn each_count_stands_at_its_time() {
        let mut counted = sample(Kind::Sample);
        counted.steps.retain(|step| begins_at(step) == counted.until);
        let Charts(charts) = Charts::of(Span::Hour.times(counted.until), &counted);
        let events = &charts[0].series[0].values;
        assert_eq!((events.len(), events[58], events[59]), (60, Some(0.0), Some(20.0)));
        let latency = &charts[2].series[0].values;
        assert_eq!((latency[58].is_none(), latency[59].is_some()), (true, true));
    }
}
