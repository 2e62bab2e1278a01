//! How something went on: a column for each step of time.

use super::scale::Scale;
use super::svg::{Anchor, Svg};
use super::{Paint, WIDTH, head};

const LEFT: f64 = 70.0;
const RIGHT: f64 = 18.0;
const HEIGHT: f64 = 200.0;

/// Steps of the same length, in their order.
#[derive(Debug)]
pub(crate) struct Steps {
    pub title: String,
    /// What is counted in a step.
    pub counted: String,
    /// What time is counted from.
    pub since: String,
    pub step_seconds: f64,
    pub samples: Vec<f64>,
}

impl Steps {
    /// As an SVG document.
    pub(crate) fn draw(&self) -> String {
        let mut svg = Svg::new(WIDTH);
        let top = head(&mut svg, &self.title, &[], false) + 26.0;
        let bottom = top + HEIGHT;
        let most = self.samples.iter().copied().fold(0.0, f64::max);
        let up = Scale::from_nothing(most, [bottom, top]);
        let seconds = self.step_seconds * self.samples.len() as f64;
        let along = Scale::up_to(seconds, [LEFT, WIDTH - RIGHT]);
        svg.text("small", Anchor::Start, [16.0, top - 12.0], &self.counted);
        for (y, text) in up.ticks() {
            svg.line("grid", [LEFT, y], [WIDTH - RIGHT, y]);
            svg.text("small", Anchor::End, [LEFT - 6.0, y + 4.0], &text);
        }
        for (number, sample) in self.samples.iter().enumerate() {
            let [from, to] = [number, number + 1].map(|steps| along.at(steps as f64 * self.step_seconds));
            let gap = ((to - from) * 0.15).min(2.0);
            let size = [to - from - gap, bottom - up.at(*sample)];
            svg.rect(Paint::Postrider.fill(), [from + gap / 2.0, up.at(*sample)], size);
        }
        for (x, text) in along.ticks() {
            svg.line("axis", [x, bottom], [x, bottom + 4.0]);
            svg.text("small", Anchor::Middle, [x, bottom + 17.0], &text);
        }
        svg.line("axis", [LEFT, bottom], [WIDTH - RIGHT, bottom]);
        let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
        svg.text("small", Anchor::Middle, [middle, bottom + 34.0], &format!("seconds, {}", self.since));
        svg.finish(bottom + 46.0, &self.title)
    }
}
