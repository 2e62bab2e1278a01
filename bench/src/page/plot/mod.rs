//! The plots. Written here and not with a plotting library: those put a fixed colour into every element, and a plot
//! for light and dark pages needs classes.

mod curves;
mod rows;
mod scale;
mod steps;
mod svg;

pub(crate) use curves::{Curves, Line, Panel};
pub(crate) use rows::{Mark, Row, Rows};
pub(crate) use steps::Steps;
use svg::{Anchor, Svg, width_of};

/// As wide as a page on a code host.
const WIDTH: f64 = 860.0;

/// Who a mark stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Postrider,
    NullSender,
    Met,
    Missed,
    /// One of several of Postrider's, by number.
    Other(usize),
}

impl Paint {
    /// Those with a name, in the order of a legend.
    const NAMED: [Self; 4] = [Self::NullSender, Self::Postrider, Self::Met, Self::Missed];

    const fn fill(self) -> &'static str {
        match self {
            Self::Postrider | Self::Other(_) => "fill-postrider",
            Self::NullSender => "fill-null",
            Self::Met => "fill-met",
            Self::Missed => "fill-missed",
        }
    }

    const fn line(self) -> &'static str {
        match self {
            Self::NullSender => "line-null",
            Self::Other(number) => match number % 5 {
                0 => "line-1",
                1 => "line-2",
                2 => "line-3",
                3 => "line-4",
                _ => "line-5",
            },
            _ => "line-postrider",
        }
    }

    /// The class of its swatch, and what is written beside it.
    fn legend(self) -> Option<(&'static str, String)> {
        let text = match self {
            Self::Postrider => "Postrider",
            Self::NullSender => "null sender",
            Self::Met => "goal met",
            Self::Missed => "goal not met",
            Self::Other(_) => return None,
        };
        Some((self.fill(), text.to_owned()))
    }
}

/// Writes the title and, below it, what the colours mean. Returns where the plot begins.
fn head(svg: &mut Svg, title: &str, legend: &[(&str, String)], goals: bool) -> f64 {
    svg.text("title", Anchor::Start, [16.0, 28.0], title);
    let (mut x, mut y) = (16.0, 50.0);
    if legend.is_empty() && !goals {
        return 40.0;
    }
    let goal = goals.then(|| ("goal", "goal".to_owned()));
    for (class, text) in legend.iter().cloned().chain(goal) {
        let width = 22.0 + width_of(&text) + 18.0;
        if x + width > WIDTH && x > 16.0 {
            (x, y) = (16.0, y + 18.0);
        }
        match class {
            "goal" => svg.line(class, [x + 8.0, y - 10.0], [x + 8.0, y + 2.0]),
            line if line.starts_with("line") => {
                svg.line(&format!("line {line}"), [x, y - 4.0], [x + 16.0, y - 4.0]);
            }
            fill => svg.rect(fill, [x, y - 10.0], [16.0, 11.0]),
        }
        svg.text("", Anchor::Start, [x + 22.0, y], &text);
        x += width;
    }
    y + 10.0
}
