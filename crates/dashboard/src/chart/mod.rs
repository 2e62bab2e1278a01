//! Charts over time, as SVG.
//!
//! Widths are shares of what there is and heights are pixels, so that a chart fills its place on any screen while its
//! texts keep their size. Colours are classes of the style sheet, which knows both schemes; nothing is styled in place
//! (Content-Security-Policy). Whoever cannot see it has the title and the numbers as a table below.

mod numbers;
mod plot;
mod times;
mod values;

use maud::{Markup, html};

pub(crate) use self::times::Times;
pub(crate) use self::values::{Unit, percent, thousands};

/// What is drawn for each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A bar, the series on top of each other.
    Bars,
    /// A line for each series, broken where there is no value.
    Lines,
}

/// What belongs together: one line, or one part of each bar.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Its class in the style sheet: `accent`, `good`, `bad`, `wait`, `held`.
    pub(crate) class: &'static str,
    /// What is said beside its name.
    pub(crate) note: String,
    /// A value for each step; `None` where there is none.
    pub(crate) values: Vec<Option<f64>>,
}

/// A chart.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    /// What it shows.
    pub(crate) title: &'static str,
    /// What is said where there is nothing to show.
    pub(crate) nothing: &'static str,
    /// Of what kind the values are.
    pub(crate) unit: Unit,
    /// Bars or lines.
    pub(crate) shape: Shape,
    /// Its steps.
    pub(crate) times: Times,
    /// What it shows.
    pub(crate) series: Vec<Series>,
}

impl Series {
    /// The value of a step, if it can be drawn: never negative, never endless.
    fn at(&self, step: usize) -> Option<f64> {
        self.values.get(step).copied().flatten().filter(|value| value.is_finite()).map(|value| value.max(0.0))
    }
}

impl Chart {
    /// The chart with its legend and its numbers.
    pub(crate) fn show(&self) -> Markup {
        if self.highest() <= 0.0 {
            return html! { div.chart { p.nothing { (self.nothing) } } };
        }
        html! {
            figure.chart {
                (self.legend())
                (plot::draw(self))
                (numbers::table(self))
            }
        }
    }

    /// The highest point of all; 0 where nothing happened.
    fn highest(&self) -> f64 {
        let steps = 0..self.times.number;
        match self.shape {
            Shape::Lines => steps.flat_map(|step| self.values(step)).fold(0.0, f64::max),
            Shape::Bars => steps.map(|step| self.values(step).sum()).fold(0.0, f64::max),
        }
    }

    fn values(&self, step: usize) -> impl Iterator<Item = f64> {
        self.series.iter().filter_map(move |series| series.at(step))
    }

    fn legend(&self) -> Markup {
        html! {
            ul.legend { @for series in &self.series {
                li {
                    span class={ "swatch " (series.class) } aria-hidden="true" {}
                    (series.name) @if !series.note.is_empty() { " " span.soft { (series.note) } }
                }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use postrider_model::time::Millis;

    use super::*;

    pub(super) fn chart(shape: Shape, values: &[&[Option<f64>]]) -> Chart {
        let number = values.iter().map(|values| values.len()).max().unwrap_or_default();
        let series = values.iter().zip(["accent", "good", "bad"]).map(|(values, class)| Series {
            name: class,
            class,
            note: String::new(),
            values: values.to_vec(),
        });
        Chart {
            title: "Events",
            nothing: "No events in this time.",
            unit: Unit::Count,
            shape,
            times: Times { since: Millis(1_769_077_800_000), step: Duration::from_secs(60), number },
            series: series.collect(),
        }
    }

    fn shown(chart: &Chart) -> String {
        chart.show().into_string()
    }

    #[test]
    fn a_chart_of_nothing_says_so() {
        for nothing in [chart(Shape::Bars, &[]), chart(Shape::Lines, &[&[None, Some(0.0), Some(f64::NAN)]])] {
            let html = shown(&nothing);
            assert!(html.contains("No events in this time."), "{html}");
            assert!(!html.contains("<svg"), "{html}");
        }
    }

    #[test]
    fn a_chart_has_a_name_a_legend_and_its_numbers() {
        let html = shown(&chart(Shape::Bars, &[&[Some(1.0), None], &[Some(2.0), Some(0.0)]]));
        for part in ["role=\"img\"", "<title>Events: ", "<details", "<table", "swatch good"] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("style="), "{html}");
    }

    #[test]
    fn what_is_no_number_is_a_gap() {
        let html =
            shown(&chart(Shape::Lines, &[&[Some(f64::INFINITY), Some(-1.0), Some(f64::NAN), Some(2.0)]]));
        assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
    }

    #[test]
    fn bars_are_as_high_as_their_parts_together() {
        let stacked = chart(Shape::Bars, &[&[Some(3.0)], &[Some(4.0)]]);
        assert!((stacked.highest() - 7.0).abs() < f64::EPSILON);
        let beside = chart(Shape::Lines, &[&[Some(3.0)], &[Some(4.0)]]);
        assert!((beside.highest() - 4.0).abs() < f64::EPSILON);
    }
}
