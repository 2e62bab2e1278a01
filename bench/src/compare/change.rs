//! What became of one figure.

use crate::result::{Better, Figure};

/// A figure of both results.
#[derive(Debug)]
pub(super) struct Change<'a> {
    pub old: &'a Figure,
    pub new: &'a Figure,
}

/// What the samples of both allow to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Unchanged,
    /// The ranges overlap: the same thing could have been measured twice.
    WithinNoise,
    Better,
    Worse,
}

impl Change<'_> {
    pub(super) fn verdict(&self) -> Verdict {
        let (old, new) = (self.old, self.new);
        if old.samples == new.samples {
            Verdict::Unchanged
        } else if old.least <= new.most && new.least <= old.most {
            Verdict::WithinNoise
        } else if (new.median > old.median) == (new.better == Better::More) {
            Verdict::Better
        } else {
            Verdict::Worse
        }
    }

    /// Of the old median; beyond any bound where that was nothing.
    pub(super) fn percent(&self) -> f64 {
        let (old, new) = (self.old.median, self.new.median);
        if old == new { 0.0 } else { (new - old) / old.abs() * 100.0 }
    }

    /// Whether it got worse by more than this. The null sender's figures tell of the machine, so they fail nothing.
    pub(super) fn fails(&self, beyond_percent: f64) -> bool {
        !self.new.is_null_senders()
            && self.verdict() == Verdict::Worse
            && self.percent().abs() > beyond_percent
    }

    /// The change in words: `+3.1 %`.
    pub(super) fn shown(&self) -> String {
        let percent = self.percent();
        if percent.is_infinite() { "from 0".to_owned() } else { format!("{percent:+.1} %") }
    }

    /// The verdict in words. A figure measured once has no range: noise cannot be told from a change.
    pub(super) fn said(&self) -> String {
        let once = self.old.samples.len().min(self.new.samples.len()) < 2;
        let verdict = match self.verdict() {
            Verdict::Unchanged => return "unchanged".to_owned(),
            Verdict::WithinNoise => return "within noise".to_owned(),
            Verdict::Better => "better",
            Verdict::Worse if once => "worse",
            Verdict::Worse => "WORSE",
        };
        if once { format!("{verdict}, by one sample") } else { verdict.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(better: Better, samples: &[f64]) -> Figure {
        Figure::new("p99", "postrider", "ms", better, samples.to_vec())
    }

    fn change(better: Better, old: &[f64], new: &[f64]) -> (Verdict, String, String) {
        let (old, new) = (figure(better, old), figure(better, new));
        let change = Change { old: &old, new: &new };
        (change.verdict(), change.shown(), change.said())
    }

    #[test]
    fn figures_whose_ranges_touch_are_within_noise() {
        let (verdict, shown, said) = change(Better::Less, &[1.0, 2.0, 3.0], &[3.0, 4.0, 5.0]);
        assert_eq!(
            (verdict, shown.as_str(), said.as_str()),
            (Verdict::WithinNoise, "+100.0 %", "within noise")
        );
    }

    #[test]
    fn which_way_is_better_decides_what_a_rise_is() {
        assert_eq!(change(Better::Less, &[1.0, 2.0], &[3.0, 4.0]).0, Verdict::Worse);
        assert_eq!(change(Better::More, &[1.0, 2.0], &[3.0, 4.0]).0, Verdict::Better);
        assert_eq!(change(Better::Less, &[3.0, 4.0], &[1.0, 2.0]).0, Verdict::Better);
        assert_eq!(change(Better::More, &[3.0, 4.0], &[1.0, 2.0]).0, Verdict::Worse);
    }

    #[test]
    fn a_change_of_a_figure_measured_once_says_so() {
        assert_eq!(change(Better::Less, &[20.0], &[21.0]).2, "worse, by one sample");
        assert_eq!(change(Better::Less, &[20.0], &[20.0]).2, "unchanged");
    }

    #[test]
    fn a_slower_null_sender_is_shown_and_fails_nothing() {
        let rate = |of: &str, sample| Figure::new("rate", of, "1/s", Better::More, vec![sample]);
        for (of, fails) in [("null sender, zipf", false), ("null sender", false), ("postrider", true)] {
            let (old, new) = (rate(of, 2.0), rate(of, 1.0));
            let change = Change { old: &old, new: &new };
            assert_eq!((change.verdict(), change.fails(10.0)), (Verdict::Worse, fails), "{of}");
        }
    }

    #[test]
    fn what_was_nothing_and_is_something_is_beyond_any_bound() {
        let (old, new) = (figure(Better::Less, &[0.0, 0.0]), figure(Better::Less, &[1.0, 2.0]));
        let change = Change { old: &old, new: &new };
        assert_eq!(change.shown(), "from 0");
        assert!(change.fails(1_000.0));
        assert!(!Change { old: &new, new: &old }.fails(0.0), "what got better fails nothing");
    }
}
