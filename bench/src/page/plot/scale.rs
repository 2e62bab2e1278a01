//! Scales: where a figure lies on an axis, and which figures are written there.

use super::svg::width_of;
use crate::number::plain;

/// An axis from one place to another; `y` axes run from a great place to a small one.
#[derive(Debug, Clone)]
pub(super) struct Scale {
    log: bool,
    least: f64,
    most: f64,
    from: f64,
    to: f64,
    ticks: Vec<f64>,
}

impl Scale {
    /// From nothing to at least `most`, in round steps.
    pub(super) fn from_nothing(most: f64, [from, to]: [f64; 2]) -> Self {
        let most = if most > 0.0 { most } else { 1.0 };
        let step = round_step(most / 5.0);
        let steps = (most / step - 1e-9).ceil().max(1.0);
        let ticks = (0..=steps as u32).map(|tick| f64::from(tick) * step).collect();
        Self { log: false, least: 0.0, most: steps * step, from, to, ticks }
    }

    /// From nothing to exactly `most`, with round steps as far as they go.
    pub(super) fn up_to(most: f64, ends: [f64; 2]) -> Self {
        let mut scale = Self::from_nothing(most, ends);
        scale.ticks.retain(|tick| *tick <= most * 1.000_1);
        if most > 0.0 { Self { most, ..scale } } else { scale }
    }

    /// By powers of ten, with 1, 2 and 5 in each where there are few of them. Both bounds are above nothing.
    pub(super) fn powers(least: f64, most: f64, [from, to]: [f64; 2]) -> Self {
        let (first, last) = (least.log10().floor() as i32, most.log10().ceil() as i32);
        let few = most / least < 3_000.0;
        let marks: &[f64] = if few { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let all: Vec<f64> = (first..=last)
            .flat_map(|power| marks.iter().map(move |mark| mark * 10_f64.powi(power)))
            .collect();
        // The ends are the nearest marks outside.
        let least = all.iter().copied().rfind(|mark| *mark <= least * 1.000_1).unwrap_or(least);
        let most = all.iter().copied().find(|mark| *mark >= most * 0.999_9).unwrap_or(most);
        let most = if most > least { most } else { least * 10.0 };
        let ticks = all.into_iter().filter(|mark| (least..=most).contains(mark)).collect();
        Self { log: true, least, most, from, to, ticks }
    }

    /// By powers from one figure to another; what is written there is the caller's.
    pub(super) const fn exactly(least: f64, most: f64, [from, to]: [f64; 2]) -> Self {
        Self { log: true, least, most, from, to, ticks: Vec::new() }
    }

    /// Where a figure lies; one beyond the ends lies at the end.
    pub(super) fn at(&self, figure: f64) -> f64 {
        let figure = figure.clamp(self.least, self.most);
        let share = if self.log {
            (figure / self.least).ln() / (self.most / self.least).ln()
        } else {
            (figure - self.least) / (self.most - self.least)
        };
        self.from + share * (self.to - self.from)
    }

    /// Where something is written along a line of text, and what: as many ticks as there is room for.
    pub(super) fn ticks_abreast(&self) -> impl Iterator<Item = (f64, String)> {
        let widest = self.ticks().map(|(_, text)| width_of(&text)).fold(0.0, f64::max);
        let apart = (self.to - self.from).abs() / self.ticks.len().saturating_sub(1).max(1) as f64;
        let every = ((widest + 8.0) / apart).ceil().max(1.0) as usize;
        self.ticks().step_by(every)
    }

    /// Where something is written, and what.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        self.ticks.iter().map(|tick| (self.at(*tick), plain(*tick)))
    }
}

/// 1, 2, 2.5 or 5 times a power of ten, not below what is asked for.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= least * 0.999_9)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(scale: &Scale) -> Vec<String> {
        scale.ticks().map(|(_, text)| text).collect()
    }

    #[test]
    fn an_axis_from_nothing_ends_at_a_round_figure_above_the_greatest() {
        assert_eq!(written(&Scale::from_nothing(0.93, [0.0, 1.0])), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(
            written(&Scale::from_nothing(41_718.0, [0.0, 1.0])),
            ["0", "10,000", "20,000", "30,000", "40,000", "50,000"]
        );
        assert_eq!(written(&Scale::from_nothing(1.0, [0.0, 1.0])).last().unwrap(), "1");
        assert_eq!(written(&Scale::from_nothing(0.0, [0.0, 1.0])).first().unwrap(), "0");
    }

    #[test]
    fn an_axis_of_time_ends_where_the_time_does() {
        let scale = Scale::up_to(11.0, [0.0, 110.0]);
        assert_eq!(written(&scale), ["0", "2.5", "5", "7.5", "10"]);
        assert_eq!((scale.at(5.5), scale.at(11.0)), (55.0, 110.0));
    }

    #[test]
    fn ticks_that_would_lie_on_each_other_are_left_out() {
        let written = |width| Scale::from_nothing(1e9, [0.0, width]).ticks_abreast().count();
        assert_eq!((written(1_000.0), written(300.0)), (6, 3));
    }

    #[test]
    fn an_axis_of_powers_is_marked_by_1_2_and_5_unless_it_is_long() {
        assert_eq!(written(&Scale::powers(0.14, 3.0, [0.0, 1.0])), ["0.1", "0.2", "0.5", "1", "2", "5"]);
        assert_eq!(
            written(&Scale::powers(0.14, 30_000.0, [0.0, 1.0])),
            ["0.1", "1", "10", "100", "1,000", "10,000", "100,000"]
        );
    }

    #[test]
    fn a_figure_lies_between_the_ends_and_one_beyond_lies_at_the_end() {
        let scale = Scale::powers(0.1, 10.0, [100.0, 0.0]);
        assert_eq!((scale.at(0.1), scale.at(1.0), scale.at(10.0)), (100.0, 50.0, 0.0));
        assert_eq!((scale.at(0.001), scale.at(500.0)), (100.0, 0.0));
        assert_eq!(Scale::from_nothing(10.0, [0.0, 50.0]).at(5.0), 25.0);
    }
}
