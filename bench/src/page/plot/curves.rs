//! Distributions of latencies: how long the slowest half, tenth, hundredth … took. Both axes by powers, so that the
//! tail, which customers notice, has as much room as the rest.

use super::scale::Scale;
use super::svg::{Anchor, Svg};
use super::{Paint, WIDTH, head};

const LEFT: f64 = 62.0;
const GAP: f64 = 14.0;
const RIGHT: f64 = 18.0;
const HEIGHT: f64 = 250.0;
/// The most panels in a line.
const ABREAST: usize = 3;

/// One distribution.
#[derive(Debug)]
pub(crate) struct Line {
    pub paint: Paint,
    /// Upper bounds in milliseconds, each with the share of all that is not above it.
    pub counts: Vec<(f64, f64)>,
    /// What it is held to: a share, and the milliseconds that it may take.
    pub goals: Vec<(f64, f64)>,
}

impl Line {
    /// Without the fastest few, whose one bucket would stretch the axis, and without the slowest of all, whose
    /// percentile is 100.
    fn drawn(&self) -> impl Iterator<Item = (f64, f64)> {
        let inside = |(bound, share): &(f64, f64)| *bound > 0.0 && (0.05..1.0).contains(share);
        self.counts.iter().copied().filter(inside)
    }
}

/// Distributions in one frame.
#[derive(Debug)]
pub(crate) struct Panel {
    /// Above it, such as `1,000 events/s`; nothing if empty.
    pub label: String,
    pub lines: Vec<Line>,
}

/// Frames beside each other, on common axes.
#[derive(Debug)]
pub(crate) struct Curves {
    pub title: String,
    pub panels: Vec<Panel>,
    /// What each paint stands for.
    pub legend: Vec<(Paint, String)>,
}

/// Where one frame lies.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Curves {
    /// As an SVG document.
    pub(crate) fn draw(&self) -> String {
        let mut svg = Svg::new(WIDTH);
        let legend: Vec<_> = self.legend.iter().map(|(paint, text)| (paint.line(), text.clone())).collect();
        let goals = self.lines().any(|line| !line.goals.is_empty());
        let mut top = head(&mut svg, &self.title, &legend, goals) + 24.0;
        for line in self.panels.chunks(ABREAST) {
            let abreast = line.len().max(self.panels.len().min(ABREAST)) as f64;
            let width = (WIDTH - LEFT - RIGHT - GAP * (abreast - 1.0)) / abreast;
            for (number, panel) in line.iter().enumerate() {
                let left = LEFT + number as f64 * (width + GAP);
                let frame = Frame { left, right: left + width, top, bottom: top + HEIGHT };
                self.panel(&mut svg, panel, &frame, number == 0);
            }
            let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
            svg.text("small", Anchor::Middle, [middle, top + HEIGHT + 34.0], "percentile of deliveries");
            top += HEIGHT + 70.0;
        }
        svg.finish(top - 24.0, &self.title)
    }

    fn panel(&self, svg: &mut Svg, panel: &Panel, frame: &Frame, first: bool) {
        let (across, up) = (self.across(frame), self.up(frame));
        svg.text("group", Anchor::Start, [frame.left, frame.top - 8.0], &panel.label);
        if first {
            svg.text("small", Anchor::Start, [12.0, frame.top - 8.0], "ms");
        }
        for (y, text) in up.ticks() {
            svg.line("grid", [frame.left, y], [frame.right, y]);
            if first {
                svg.text("small", Anchor::End, [frame.left - 6.0, y + 4.0], &text);
            }
        }
        for (share, text) in [(0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.999_9, "99.99")] {
            if rest(share) < self.tail() * 0.999 {
                break;
            }
            let x = across.at(1.0 / rest(share));
            svg.line("grid", [x, frame.top], [x, frame.bottom]);
            // The next frame begins close behind the last mark.
            let anchor = if x + 14.0 > frame.right { Anchor::End } else { Anchor::Middle };
            svg.text("small", anchor, [x, frame.bottom + 16.0], text);
        }
        svg.line("axis", [frame.left, frame.bottom], [frame.right, frame.bottom]);
        svg.line("axis", [frame.left, frame.top], [frame.left, frame.bottom]);
        for line in &panel.lines {
            let points = line.drawn().map(|(bound, share)| [across.at(1.0 / rest(share)), up.at(bound)]);
            svg.curve(&format!("line {}", line.paint.line()), points);
        }
        for (share, bound) in panel.lines.iter().flat_map(|line| &line.goals) {
            let [x, y] = [across.at(1.0 / rest(*share)), up.at(*bound)];
            svg.line("goal", [(x - 18.0).max(frame.left), y], [(x + 18.0).min(frame.right), y]);
            svg.line("goal-stem", [x, y - 4.0], [x, y + 4.0]);
        }
    }

    /// From every delivery to the slowest few, all panels alike.
    fn across(&self, frame: &Frame) -> Scale {
        Scale::exactly(1.0, 1.0 / self.tail(), [frame.left, frame.right])
    }

    fn up(&self, frame: &Frame) -> Scale {
        let bounds =
            || self.lines().flat_map(|line| line.drawn().chain(swapped(line)).map(|(bound, _)| bound));
        let (least, most) = (bounds().fold(f64::MAX, f64::min), bounds().fold(0.0, f64::max));
        let (least, most) = if most > 0.0 { (least, most) } else { (0.1, 1.0) };
        Scale::powers(least, most, [frame.bottom, frame.top])
    }

    /// The least share of the slowest that any curve tells, not below one in 100,000.
    fn tail(&self) -> f64 {
        let told = self.lines().flat_map(Line::drawn).map(|(_, share)| rest(share));
        told.fold(0.1, f64::min).max(1e-5)
    }

    fn lines(&self) -> impl Iterator<Item = &Line> {
        self.panels.iter().flat_map(|panel| &panel.lines)
    }
}

/// Its goals as points of a curve.
fn swapped(line: &Line) -> impl Iterator<Item = (f64, f64)> {
    line.goals.iter().map(|(share, bound)| (*bound, *share))
}

/// The share that is slower.
fn rest(share: f64) -> f64 {
    1.0 - share
}
