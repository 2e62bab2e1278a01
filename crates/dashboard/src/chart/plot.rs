//! The drawing: grid and ticks, bars or lines, and for each step what a pointer on it tells.

use maud::{Markup, html};

use super::{Chart, Series, Shape};

/// The height of the plot; the style sheet leaves room around it for the labels.
const HEIGHT: f64 = 150.0;
/// The units that a line's width is counted in.
const WIDTH: f64 = 1_000.0;
/// The share of a step that its bar takes.
const BAR: f64 = 0.8;

pub(super) fn draw(chart: &Chart) -> Markup {
    let ticks = chart.unit.ticks(chart.highest());
    let top = ticks.last().copied().unwrap_or(1.0).max(f64::MIN_POSITIVE);
    let frame = Frame { top, number: chart.times.number };
    html! {
        svg role="img" xmlns="http://www.w3.org/2000/svg" {
            title { (chart.title) ": " (said(chart)) }
            @for tick in &ticks {
                @let y = px(frame.y(*tick));
                line.grid x1="0" x2="100%" y1=(y) y2=(y) {}
                text x="-8" y=(y) dy="4" text-anchor="end" { (chart.unit.short(*tick)) }
            }
            @for (index, tick) in chart.times.ticks().into_iter().enumerate() {
                @let x = percent(tick.at);
                line.notch x1=(x) x2=(x) y1=(px(HEIGHT)) y2=(px(HEIGHT + 4.0)) {}
                // Where there is little room, the style sheet leaves out every second label.
                text class=[(index % 2 == 1).then_some("second")] x=(x) y=(px(HEIGHT + 18.0)) text-anchor="middle" { (tick.label) }
            }
            @match chart.shape {
                Shape::Bars => { @for step in 0..frame.number { (bar(chart, &frame, step)) } }
                Shape::Lines => { @for series in &chart.series { (line(series, &frame)) } }
            }
            @for step in 0..frame.number { (told(chart, &frame, step)) }
        }
    }
}

/// From values and steps to places.
#[derive(Debug)]
struct Frame {
    top: f64,
    number: usize,
}

impl Frame {
    fn y(&self, value: f64) -> f64 {
        HEIGHT - value / self.top * HEIGHT
    }

    fn width(&self) -> f64 {
        1.0 / self.number.max(1) as f64
    }

    fn x(&self, step: usize) -> f64 {
        step as f64 * self.width()
    }

    fn middle(&self, step: usize) -> f64 {
        (step as f64 + 0.5) * self.width()
    }
}

fn bar(chart: &Chart, frame: &Frame, step: usize) -> Markup {
    let mut below = 0.0;
    let parts: Vec<_> = chart
        .series
        .iter()
        .filter_map(|series| {
            let value = series.at(step).filter(|value| *value > 0.0)?;
            let from = frame.y(below);
            below += value;
            // What happened is to be seen, however little it is.
            let height = (from - frame.y(below)).max(1.0);
            Some((series.class, from - height, height))
        })
        .collect();
    let x = frame.x(step) + frame.width() * (1.0 - BAR) / 2.0;
    html! { @for (class, y, height) in parts {
        rect class=(class) x=(percent(x)) width=(percent(frame.width() * BAR)) y=(px(y)) height=(px(height)) {}
    } }
}

fn line(series: &Series, frame: &Frame) -> Markup {
    let runs = runs(series, frame.number);
    html! {
        // Only what has no text in it is stretched.
        svg.stretched x="0" y="0" width="100%" height=(px(HEIGHT)) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" {
            @for run in runs.iter().filter(|run| run.len() > 1) {
                polyline class=(series.class) points=(points(run, frame)) {}
            }
        }
        @for (step, value) in runs.iter().filter(|run| run.len() == 1).flatten() {
            circle class=(series.class) cx=(percent(frame.middle(*step))) cy=(px(frame.y(*value))) r="2.5" {}
        }
    }
}

fn points(run: &[(usize, f64)], frame: &Frame) -> String {
    let point =
        |(step, value): &(usize, f64)| format!("{},{}", px(frame.middle(*step) * WIDTH), px(frame.y(*value)));
    run.iter().map(point).collect::<Vec<_>>().join(" ")
}

/// The values of a series in pieces without a gap.
fn runs(series: &Series, number: usize) -> Vec<Vec<(usize, f64)>> {
    let mut runs: Vec<Vec<(usize, f64)>> = Vec::new();
    let mut goes_on = false;
    for step in 0..number {
        match (series.at(step), runs.last_mut()) {
            (Some(value), Some(run)) if goes_on => run.push((step, value)),
            (Some(value), _) => runs.push(vec![(step, value)]),
            (None, _) => {}
        }
        goes_on = series.at(step).is_some();
    }
    runs
}

/// The place of a step, which tells its values to a pointer.
fn told(chart: &Chart, frame: &Frame, step: usize) -> Markup {
    let values: Vec<_> = chart
        .series
        .iter()
        .filter_map(|series| Some(format!("{} {}", series.name, chart.unit.full(series.at(step)?))))
        .collect();
    let begin = chart.times.begin(step).rfc3339_millis().replace('T', " ");
    let begin = begin.get(..16).unwrap_or_default();
    html! { @if !values.is_empty() {
        rect.told x=(percent(frame.x(step))) width=(percent(frame.width())) y="0" height=(px(HEIGHT)) {
            title { (begin) " UTC: " (values.join(", ")) }
        }
    } }
}

/// The chart in a sentence.
fn said(chart: &Chart) -> String {
    let highest = |series: &Series| {
        let values = (0..chart.times.number).filter_map(|step| series.at(step));
        format!("{} at most {}", series.name, chart.unit.full(values.fold(0.0, f64::max)))
    };
    let parts: Vec<_> = chart.series.iter().map(highest).collect();
    format!("{} in one step of {}. The numbers are below.", parts.join(", "), step_words(chart))
}

fn step_words(chart: &Chart) -> String {
    let minutes = chart.times.step.as_secs() / 60;
    match minutes {
        1 => "a minute".to_owned(),
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes => format!("{minutes} minutes"),
    }
}

fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn percent(share: f64) -> String {
    let text = format!("{:.3}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::super::tests::chart;
    use super::*;

    fn drawn(shape: Shape, values: &[&[Option<f64>]]) -> String {
        draw(&chart(shape, values)).into_string()
    }

    #[test]
    fn a_line_is_broken_at_a_gap_and_a_single_point_is_a_dot() {
        let html = drawn(
            Shape::Lines,
            &[&[Some(1.0), Some(2.0), None, Some(4.0), None, Some(0.0), Some(1.0), Some(2.0)]],
        );
        assert_eq!(html.matches("<polyline").count(), 2, "{html}");
        assert_eq!(html.matches("<circle").count(), 1, "{html}");
        assert!(html.contains("points=\"62.5,112.5 187.5,75\""), "{html}");
    }

    #[test]
    fn one_point_alone_is_drawn_in_the_middle() {
        let html = drawn(Shape::Lines, &[&[Some(5.0)]]);
        assert!(html.contains("<circle class=\"accent\" cx=\"50%\""), "{html}");
        let html = drawn(Shape::Bars, &[&[Some(5.0)]]);
        assert!(html.contains("<rect class=\"accent\" x=\"10%\" width=\"80%\""), "{html}");
    }

    #[test]
    fn parts_of_a_bar_stand_on_each_other() {
        let html = drawn(Shape::Bars, &[&[Some(2.0)], &[None], &[Some(2.0)]]);
        assert!(
            html.contains("<rect class=\"accent\" x=\"10%\" width=\"80%\" y=\"75\" height=\"75\">"),
            "{html}"
        );
        assert!(
            html.contains("<rect class=\"bad\" x=\"10%\" width=\"80%\" y=\"0\" height=\"75\">"),
            "{html}"
        );
        assert!(!html.contains("class=\"good\""), "{html}");
    }

    #[test]
    fn little_beside_much_is_still_seen_and_much_stays_inside() {
        let html = drawn(Shape::Bars, &[&[Some(1.0), Some(u64::MAX as f64)]]);
        assert!(html.contains("y=\"149\" height=\"1\""), "{html}");
        let inside =
            html.split(" y=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse::<f64>().ok());
        assert!(
            inside.clone().all(|y| (-0.1..=HEIGHT + 18.0).contains(&y)),
            "{:?}",
            inside.collect::<Vec<_>>()
        );
    }

    #[test]
    fn every_second_label_of_time_can_be_left_out() {
        let html = drawn(Shape::Bars, &[&[Some(1.0); 60]]);
        assert!(
            html.contains("<text x=\"0%\"") && html.contains("<text class=\"second\" x=\"16.667%\""),
            "{html}"
        );
        assert_eq!(html.matches("class=\"second\"").count(), 3, "{html}");
        assert_eq!(html.matches("text-anchor=\"middle\"").count(), 7, "{html}");
    }

    #[test]
    fn a_pointer_is_told_what_happened_when() {
        let html = drawn(Shape::Bars, &[&[Some(1_234.0)], &[Some(0.0)]]);
        assert!(html.contains("2026-01-22 10:30 UTC: accent 1,234, good 0"), "{html}");
    }
}
