//! Figures under each other, each with its range and its goal: bars from nothing, or a dot for each sample.

use super::scale::Scale;
use super::svg::{Anchor, Svg, shortened, width_of};
use super::{Paint, WIDTH, head};
use crate::result::Goal;

const ROW: f64 = 22.0;
const GROUP: f64 = 26.0;
const PAD: f64 = 16.0;

/// What a row shows of its samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A bar to the median, and the range across its end.
    Bar,
    /// A dot for each sample, and a stroke at the median.
    Dots,
    /// A bar from the goal, which is 1, by powers.
    FromGoal,
}

/// One figure.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Written above the first of those that follow each other with the same; nothing if empty.
    pub group: String,
    pub label: String,
    pub paint: Paint,
    pub median: f64,
    pub least: f64,
    pub most: f64,
    pub samples: Vec<f64>,
    pub goal: Option<Goal>,
    /// The figure in words, at the right.
    pub shown: String,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Rows {
    pub title: String,
    /// What the axis counts.
    pub axis: String,
    pub mark: Mark,
    pub rows: Vec<Row>,
}

impl Rows {
    /// As an SVG document.
    pub(crate) fn draw(&self) -> String {
        let mut svg = Svg::new(WIDTH);
        let used = |paint: &Paint| self.rows.iter().any(|row| row.paint == *paint);
        let legend: Vec<_> = Paint::NAMED.into_iter().filter(used).filter_map(Paint::legend).collect();
        let goals = self.mark != Mark::FromGoal && self.rows.iter().any(|row| row.goal.is_some());
        let top = head(&mut svg, &self.title, &legend, goals) + 6.0;
        let [left, right] = self.columns();
        let scale = self.scale([left, right]);
        let bottom = top + self.height();
        for (x, text) in scale.ticks_abreast() {
            svg.line("grid", [x, top], [x, bottom]);
            svg.text("small", Anchor::Middle, [x, bottom + 16.0], &text);
        }
        svg.text("small", Anchor::Middle, [f64::midpoint(left, right), bottom + 34.0], &self.axis);
        let origin = scale.at(if self.mark == Mark::FromGoal { 1.0 } else { 0.0 });
        svg.line(if self.mark == Mark::FromGoal { "goal" } else { "axis" }, [origin, top], [origin, bottom]);
        let (mut y, mut group) = (top, "");
        for row in &self.rows {
            if row.group != group {
                group = &row.group;
                svg.text("group", Anchor::Start, [PAD, y + 17.0], group);
                y += GROUP;
            }
            self.row(&mut svg, row, &scale, [origin, y]);
            y += ROW;
        }
        svg.finish(bottom + 46.0, &self.title)
    }

    fn row(&self, svg: &mut Svg, row: &Row, scale: &Scale, [origin, y]: [f64; 2]) {
        let middle = y + ROW / 2.0;
        let indent = if row.group.is_empty() { PAD } else { PAD + 10.0 };
        let label = shortened(&row.label, scale.at(0.0) - indent);
        svg.text("", Anchor::Start, [indent, middle + 4.0], &label);
        svg.text("", Anchor::End, [WIDTH - PAD, middle + 4.0], &row.shown);
        let (median, fill) = (scale.at(row.median), row.paint.fill());
        let [least, most] = [scale.at(row.least), scale.at(row.most)];
        if self.mark == Mark::Dots {
            svg.line("axis", [least, middle], [most, middle]);
            for sample in &row.samples {
                svg.dot(&format!("dot {fill}"), [scale.at(*sample), middle], 4.0);
            }
            svg.line("median", [median, middle - 7.0], [median, middle + 7.0]);
        } else {
            let (from, to) = (origin.min(median), origin.max(median));
            svg.rect(fill, [from, middle - 6.5], [(to - from).max(1.0), 13.0]);
            if row.samples.len() > 1 {
                svg.line("range", [least, middle], [most, middle]);
                for end in [least, most] {
                    svg.line("range", [end, middle - 3.5], [end, middle + 3.5]);
                }
            }
        }
        if let (Some(goal), true) = (row.goal, self.mark != Mark::FromGoal) {
            let x = scale.at(goal.bound());
            svg.line("goal", [x, y + 1.0], [x, y + ROW - 1.0]);
        }
    }

    /// Where the axis begins and ends: labels stand before it, figures behind.
    fn columns(&self) -> [f64; 2] {
        let widest =
            |text: fn(&Row) -> &str| self.rows.iter().map(|row| width_of(text(row))).fold(0.0, f64::max);
        let indent = if self.rows.iter().any(|row| !row.group.is_empty()) { 10.0 } else { 0.0 };
        let left = (PAD + indent + widest(|row| &row.label) + 12.0).min(WIDTH * 0.45);
        [left, (WIDTH - PAD - widest(|row| &row.shown) - 14.0).max(left + 80.0)]
    }

    fn scale(&self, ends: [f64; 2]) -> Scale {
        let most = self.rows.iter().map(|row| row.most).fold(0.0, f64::max);
        if self.mark == Mark::FromGoal {
            let least = self.rows.iter().map(|row| row.least).fold(0.5, f64::min);
            return Scale::powers(least.max(0.01), most.clamp(2.0, 1_000.0), ends);
        }
        let goals = self.rows.iter().filter_map(|row| row.goal.map(Goal::bound));
        let most = goals.fold(most, f64::max);
        Scale::from_nothing(most, ends)
    }

    fn height(&self) -> f64 {
        let (mut height, mut group) = (0.0, "");
        for row in &self.rows {
            if row.group != group {
                group = &row.group;
                height += GROUP;
            }
            height += ROW;
        }
        height
    }
}
