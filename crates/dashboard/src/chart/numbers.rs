//! The chart's numbers as a table, for whoever cannot see it or wants them exactly.

use maud::{Markup, html};

use super::Chart;
use crate::view::time;

/// A table in a fold. Steps without anything are left out.
pub(super) fn table(chart: &Chart) -> Markup {
    let told = |step: &usize| chart.values(*step).any(|value| value > 0.0);
    html! {
        details.numbers {
            summary { "Numbers" span.unseen { ": " (chart.title) } }
            div.scrolled tabindex="0" role="region" aria-label={ "Numbers: " (chart.title) } {
                table {
                    caption.unseen { (chart.title) }
                    thead { tr { th scope="col" { "From" } @for series in &chart.series { th scope="col" { (series.name) } } } }
                    tbody { @for step in (0..chart.times.number).filter(told) { tr {
                        th scope="row" { (time::at(chart.times.begin(step))) }
                        @for series in &chart.series {
                            td { @match series.at(step) { Some(value) => (chart.unit.full(value)), None => "–" } }
                        }
                    } } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::chart;
    use super::super::{Shape, Unit};
    use super::*;

    #[test]
    fn steps_without_anything_are_left_out() {
        let html = table(&chart(Shape::Bars, &[&[Some(0.0), Some(12_345.0), None]])).into_string();
        assert_eq!(html.matches("<tr>").count(), 2, "{html}");
        assert!(html.contains("<td>12,345</td>"), "{html}");
        assert!(html.contains("2026-01-22T10:31:00"), "{html}");
    }

    #[test]
    fn a_value_that_is_missing_beside_others_is_said_to_be() {
        let mut chart = chart(Shape::Lines, &[&[Some(20.0)], &[None]]);
        chart.unit = Unit::Millis;
        let html = table(&chart).into_string();
        assert!(html.contains("<td>20\u{a0}ms</td><td>–</td>"), "{html}");
    }
}
