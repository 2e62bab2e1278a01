//! A figure: measured once or several times, perhaps with a goal.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::number::{digits, plain, with_digits};

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    /// A rate, a ratio of rates.
    More,
    /// A latency, memory, CPU time.
    Less,
}

/// What a figure's median is held to (DESIGN 8).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// At least so much.
    AtLeast(f64),
    /// At most so much.
    AtMost(f64),
}

impl Goal {
    /// The least or the most.
    pub(crate) const fn bound(self) -> f64 {
        match self {
            Self::AtLeast(bound) | Self::AtMost(bound) => bound,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if matches!(self, Self::AtLeast(_)) { "≥" } else { "≤" };
        write!(f, "{sign} {}", plain(self.bound()))
    }
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// What: `rate`, `p99`, `cpu`, … (bench/README.md lists them).
    pub name: String,
    /// Of whom: `postrider`, `null sender`, `ratio` (Postrider's by the null sender's), or a variant in words.
    pub of: String,
    /// `1/s`, `ms`, `µs`, `MiB`, `%`, or nothing.
    pub unit: String,
    /// The middle of the samples.
    pub median: f64,
    /// The least of them.
    pub least: f64,
    /// The most.
    pub most: f64,
    /// In the order they were measured in.
    pub samples: Vec<f64>,
    /// Which way is better.
    pub better: Better,
    /// What the median is held to, if to anything.
    pub goal: Option<Goal>,
}

impl Figure {
    /// From its samples; one without any has 0 throughout.
    pub(crate) fn new(name: &str, of: &str, unit: &str, better: Better, samples: Vec<f64>) -> Self {
        let mut sorted = samples.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let half = sorted.len() / 2;
        let median = match sorted.len() {
            0 => 0.0,
            even if even.is_multiple_of(2) => f64::midpoint(at(half - 1), at(half)),
            _ => at(half),
        };
        Self {
            name: name.to_owned(),
            of: of.to_owned(),
            unit: unit.to_owned(),
            median,
            least: at(0),
            most: at(sorted.len().saturating_sub(1)),
            samples,
            better,
            goal: None,
        }
    }

    /// Held to a goal.
    pub(crate) fn with_goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// Who it is of (`postrider`, `null sender`, `ratio`), and the variant in words: `postrider, at 100/s`. What is
    /// nobody's by name is a variant of Postrider's: `beside 5 hanging`.
    pub(crate) fn who(of: &str) -> (&str, &str) {
        let (name, variant) = of.split_once(", ").unwrap_or((of, ""));
        if ["postrider", "null sender", "ratio"].contains(&name) { (name, variant) } else { ("", of) }
    }

    /// Whether it tells of the machine, and not of Postrider.
    pub(crate) fn is_null_senders(&self) -> bool {
        Self::who(&self.of).0 == "null sender"
    }

    /// Whether its goal is met; one without a goal meets it.
    pub(crate) fn is_met(&self) -> bool {
        match self.goal {
            None => true,
            Some(Goal::AtLeast(least)) => self.median >= least,
            Some(Goal::AtMost(most)) => self.median <= most,
        }
    }

    /// Median and range, with their unit.
    pub(crate) fn show(&self) -> String {
        let digits = digits(self.median);
        let [median, least, most] =
            [self.median, self.least, self.most].map(|figure| with_digits(figure, digits));
        match self.samples.len() {
            0 | 1 => self.with_unit(&median),
            _ => self.with_unit(&format!("{median} ({least}–{most})")),
        }
    }

    /// With its unit behind it.
    pub(crate) fn with_unit(&self, text: &str) -> String {
        match self.unit.as_str() {
            "" => text.to_owned(),
            "1/s" => format!("{text} /s"),
            unit => format!("{text} {unit}"),
        }
    }

    /// The goal and whether it is met; nothing where there is none.
    pub(crate) fn verdict(&self) -> String {
        let met = if self.is_met() { "met" } else { "NOT MET" };
        self.goal.map(|goal| format!("goal {goal}: {met}")).unwrap_or_default()
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.name, self.of, self.show())?;
        if self.goal.is_some() { write!(f, ", {}", self.verdict()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(samples: &[f64]) -> Figure {
        Figure::new("p99", "postrider", "ms", Better::Less, samples.to_vec())
    }

    #[test]
    fn the_median_is_the_middle_sample_or_between_the_two_in_the_middle() {
        let odd = figure(&[3.0, 1.0, 2.0]);
        assert_eq!((odd.median, odd.least, odd.most), (2.0, 1.0, 3.0));
        assert_eq!(odd.samples, [3.0, 1.0, 2.0], "samples keep the order they were taken in");
        assert_eq!(figure(&[4.0, 2.0]).median, 3.0);
        assert_eq!(figure(&[]).median, 0.0);
    }

    #[test]
    fn a_goal_is_held_against_the_median() {
        assert!(figure(&[9.0, 1.0, 2.0]).with_goal(Goal::AtMost(2.0)).is_met());
        assert!(!figure(&[9.0, 1.0, 2.1]).with_goal(Goal::AtMost(2.0)).is_met());
        assert!(figure(&[0.6]).with_goal(Goal::AtLeast(0.6)).is_met());
        assert!(!figure(&[0.59]).with_goal(Goal::AtLeast(0.6)).is_met());
    }

    #[test]
    fn a_figure_is_shown_with_its_range_and_the_digits_worth_reading() {
        assert_eq!(figure(&[12_345.6]).show(), "12,346 ms");
        assert_eq!(figure(&[0.512, 0.5, 0.6]).show(), "0.51 (0.50–0.60) ms");
        assert_eq!(
            figure(&[7.0]).with_goal(Goal::AtMost(5.0)).to_string(),
            "p99, postrider: 7.00 ms, goal ≤ 5: NOT MET"
        );
    }
}
