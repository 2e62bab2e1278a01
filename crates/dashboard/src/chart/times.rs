//! The axis of time: equal steps, and ticks at full hours and days (UTC).

use std::time::Duration;

use postrider_model::time::Millis;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 1_440 * MINUTE_MS;
/// At most so many spaces between ticks, so that their labels, or every second of them, have room on a phone.
const MOST_SPACES: i64 = 7;
/// From tick to tick, in minutes.
const SPACES: [i64; 13] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1_440];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The steps of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// When the first one begins.
    pub(crate) since: Millis,
    /// How long each is.
    pub(crate) step: Duration,
    /// How many there are.
    pub(crate) number: usize,
}

/// A tick: where it is, from 0 to 1, and what is written there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

impl Times {
    /// When a step begins.
    pub(crate) fn begin(&self, step: usize) -> Millis {
        Millis(self.since.0 + self.step_ms() * step as i64)
    }

    /// The step that a time is in.
    pub(crate) fn step_of(&self, time: Millis) -> Option<usize> {
        let step = usize::try_from((time.0 - self.since.0).div_euclid(self.step_ms())).ok()?;
        (step < self.number).then_some(step)
    }

    /// The end of the last step.
    pub(crate) fn until(&self) -> Millis {
        self.begin(self.number)
    }

    fn step_ms(&self) -> i64 {
        i64::try_from(self.step.as_millis()).unwrap_or(i64::MAX).max(1)
    }

    /// Ticks at round times within.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let (since, until) = (self.since.0, self.until().0);
        let span = (until - since).max(1);
        let space =
            SPACES.into_iter().map(|minutes| minutes * MINUTE_MS).find(|space| span / space <= MOST_SPACES);
        let space = space.unwrap_or_else(|| (span / MOST_SPACES / DAY_MS + 1) * DAY_MS);
        let first = since.div_euclid(space) * space + if since.rem_euclid(space) == 0 { 0 } else { space };
        let mut ticks = Vec::new();
        let mut time = first;
        while time <= until {
            let at = (time - since) as f64 / span as f64;
            ticks.push(Tick { at, label: label(Millis(time), space < DAY_MS) });
            time += space;
        }
        ticks
    }
}

/// `10:30`, or `Jan 22`.
fn label(time: Millis, is_clock: bool) -> String {
    let iso = time.rfc3339_millis();
    if is_clock {
        return iso.get(11..16).unwrap_or_default().to_owned();
    }
    let month = iso.get(5..7).and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    let day = iso.get(8..10).unwrap_or_default().trim_start_matches('0');
    format!("{}\u{a0}{day}", MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-22T10:30:00Z.
    const START: Millis = Millis(1_769_077_800_000);

    fn labels(step_minutes: u64, number: usize) -> Vec<String> {
        let times = Times { since: START, step: Duration::from_secs(60 * step_minutes), number };
        times.ticks().into_iter().map(|tick| tick.label.replace('\u{a0}', " ")).collect()
    }

    #[test]
    fn ticks_stand_at_round_times() {
        assert_eq!(labels(1, 60), ["10:30", "10:40", "10:50", "11:00", "11:10", "11:20", "11:30"]);
        assert_eq!(labels(20, 72), ["12:00", "16:00", "20:00", "00:00", "04:00", "08:00"]);
        assert_eq!(labels(120, 84), ["Jan 23", "Jan 24", "Jan 25", "Jan 26", "Jan 27", "Jan 28", "Jan 29"]);
        assert!(labels(1_440, 365).len() <= 8);
    }

    #[test]
    fn a_tick_is_where_its_time_is() {
        let times = Times { since: START, step: Duration::from_secs(60), number: 60 };
        let ticks = times.ticks();
        assert_eq!(ticks.first().map(|tick| tick.at), Some(0.0));
        assert_eq!(ticks.last().map(|tick| tick.at), Some(1.0));
    }

    #[test]
    fn a_time_finds_its_step() {
        let times = Times { since: START, step: Duration::from_secs(60), number: 2 };
        let at = |ms| times.step_of(Millis(START.0 + ms));
        assert_eq!(
            [at(-1), at(0), at(59_999), at(60_000), at(120_000)],
            [None, Some(0), Some(0), Some(1), None]
        );
    }

    #[test]
    fn no_steps_have_no_end_of_ticks() {
        let times = Times { since: START, step: Duration::ZERO, number: 0 };
        assert!(times.ticks().len() <= 1);
    }
}
