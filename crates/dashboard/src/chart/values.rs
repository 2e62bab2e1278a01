//! The axis of values: ticks at round numbers, written shortly.

/// Of what kind values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Whole numbers.
    Count,
    /// Milliseconds, shown in the unit that fits.
    Millis,
}

/// About so many spaces between ticks.
const SPACES: f64 = 4.0;

/// Round steps of time, in milliseconds, beyond those of counts.
const TIME_STEPS: [f64; 17] = [
    1_000.0,
    2_000.0,
    5_000.0,
    10_000.0,
    15_000.0,
    30_000.0,
    60_000.0,
    120_000.0,
    300_000.0,
    600_000.0,
    900_000.0,
    1_800_000.0,
    3_600_000.0,
    7_200_000.0,
    14_400_000.0,
    21_600_000.0,
    43_200_000.0,
];
const DAY_MS: f64 = 86_400_000.0;

impl Unit {
    /// Ticks from 0 to the first that is not below `highest`.
    pub(super) fn ticks(self, highest: f64) -> Vec<f64> {
        let step = self.step(highest);
        let spaces = (highest / step).ceil().max(1.0);
        (0..=spaces as u32).map(|tick| f64::from(tick) * step).collect()
    }

    fn step(self, highest: f64) -> f64 {
        let rough = highest / SPACES;
        match self {
            Self::Count => round(rough).max(1.0),
            Self::Millis if rough <= 500.0 => round(rough).max(0.001),
            Self::Millis => {
                let fits = TIME_STEPS.into_iter().find(|step| *step >= rough);
                fits.unwrap_or_else(|| round(rough / DAY_MS).max(1.0) * DAY_MS)
            }
        }
    }

    /// A value, shortly: `1.2k`, `15 min`.
    pub(crate) fn short(self, value: f64) -> String {
        match self {
            Self::Count => count(value),
            Self::Millis => millis(value),
        }
    }

    /// A value in full.
    pub(crate) fn full(self, value: f64) -> String {
        match self {
            Self::Count => thousands(value as u64),
            Self::Millis => millis(value),
        }
    }
}

/// The least of 1, 2, 5 times a power of ten that is not below `rough`.
fn round(rough: f64) -> f64 {
    if rough <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= rough * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

fn count(value: f64) -> String {
    let units = [("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15), ("E", 1e18)];
    let fits = units.into_iter().rev().find(|(_, size)| value >= *size);
    let (unit, size) = fits.unwrap_or(("", 1.0));
    format!("{}{unit}", trimmed(value / size))
}

fn millis(value: f64) -> String {
    let (size, unit) = match value {
        ms if ms < 1_000.0 => (1.0, "ms"),
        ms if ms < 60_000.0 => (1_000.0, "s"),
        ms if ms < 3_600_000.0 => (60_000.0, "min"),
        ms if ms < DAY_MS => (3_600_000.0, "h"),
        _ => (DAY_MS, "d"),
    };
    format!("{}\u{a0}{unit}", trimmed(value / size))
}

/// At most one digit behind the point, for values below 100.
fn trimmed(value: f64) -> String {
    let text = if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") };
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// A whole number in groups of three digits: `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in percent, never rounded up: what failed is not to be hidden.
pub(crate) fn percent(share: f64) -> String {
    let tenths = (share * 1_000.0).floor() / 10.0;
    format!("{tenths}\u{a0}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_up_to_all() {
        assert_eq!(
            [1.0, 0.999_99, 0.5, 0.0].map(percent),
            ["100\u{a0}%", "99.9\u{a0}%", "50\u{a0}%", "0\u{a0}%"]
        );
    }

    #[test]
    fn ticks_are_round_and_reach_above_the_highest_value() {
        let shown = |unit: Unit, highest: f64| -> Vec<String> {
            unit.ticks(highest).into_iter().map(|tick| unit.short(tick).replace('\u{a0}', " ")).collect()
        };
        assert_eq!(shown(Unit::Count, 1.0), ["0", "1"]);
        assert_eq!(shown(Unit::Count, 3.0), ["0", "1", "2", "3"]);
        assert_eq!(shown(Unit::Count, 7.0), ["0", "2", "4", "6", "8"]);
        assert_eq!(shown(Unit::Count, 1_234.0), ["0", "500", "1k", "1.5k"]);
        assert_eq!(shown(Unit::Millis, 90.0), ["0 ms", "50 ms", "100 ms"]);
        assert_eq!(shown(Unit::Millis, 2_500.0), ["0 ms", "1 s", "2 s", "3 s"]);
        assert_eq!(shown(Unit::Millis, 3_000_000.0), ["0 ms", "15 min", "30 min", "45 min", "1 h"]);
        assert_eq!(shown(Unit::Millis, 20.0 * DAY_MS), ["0 ms", "5 d", "10 d", "15 d", "20 d"]);
    }

    #[test]
    fn any_value_has_a_few_ticks() {
        let mut value = 1e-3;
        while value < 1e20 {
            for unit in [Unit::Count, Unit::Millis] {
                let ticks = unit.ticks(value);
                assert!((2..=6).contains(&ticks.len()), "{value}: {ticks:?}");
                assert!(ticks.last().is_some_and(|last| *last >= value * (1.0 - 1e-9)), "{value}: {ticks:?}");
            }
            value *= 1.7;
        }
    }

    #[test]
    fn numbers_are_short_on_the_axis_and_whole_in_the_table() {
        let short = [0.0, 9.0, 999.0, 1_000.0, 12_345.0, 2.5e6, u64::MAX as f64]
            .map(|value| Unit::Count.short(value));
        assert_eq!(short, ["0", "9", "999", "1k", "12.3k", "2.5M", "18.4E"]);
        assert_eq!([0, 12, 1_234, 1_234_567].map(thousands), ["0", "12", "1,234", "1,234,567"]);
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
    }
}
