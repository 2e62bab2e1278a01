//! When a failed attempt is made again (DESIGN 2.3, 4.3).

use std::time::Duration;

/// A due delivery waits at least this long for its endpoint before it ends as unavailable (DESIGN 2.3).
const UNAVAILABLE_AFTER: Duration = Duration::from_secs(3600);

/// The waits between the attempts of one delivery. They are earliest times: a busy endpoint may get them later.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timetable {
    /// The wait after the first failed attempt, after the second, and so on; none of them means one attempt.
    pub steps: Vec<Duration>,
    /// The most that chance adds to a wait, as a fraction of it: 0.2 is up to +20 % (DESIGN 4.4). 0 is exact.
    pub jitter: f64,
}

/// A wait that is no length of time: negative, infinite, or beyond all bounds.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("step {index} of the timetable is not a number of seconds: {seconds}")]
pub struct BadStep {
    /// Which step, from 0.
    pub index: usize,
    /// The seconds given.
    pub seconds: f64,
}

impl Timetable {
    /// A timetable of whole or broken seconds, as settings give them.
    ///
    /// # Errors
    /// [`BadStep`] names the first wait that is none.
    pub fn from_seconds(steps: &[f64], jitter: f64) -> Result<Self, BadStep> {
        let step = |(index, &seconds): (usize, &f64)| {
            Duration::try_from_secs_f64(seconds).map_err(|_| BadStep { index, seconds })
        };
        let steps: Result<_, _> = steps.iter().enumerate().map(step).collect();
        Ok(Self { steps: steps?, jitter })
    }

    /// The wait after the latest of `attempts_made` attempts of this run; `None` when they are used up. `random`, from
    /// 0 to 1, says how much of the jitter is added. Before any attempt there is no wait.
    pub fn next_delay(&self, attempts_made: u32, random: f64) -> Option<Duration> {
        let Some(index) = attempts_made.checked_sub(1) else { return Some(Duration::ZERO) };
        let step = *self.steps.get(index as usize)?;
        Some(stretched(step, self.jitter * random.clamp(0.0, 1.0)))
    }

    /// How many attempts a delivery gets, the first included.
    pub fn max_attempts(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// From the first attempt to the last one's earliest time, with all the jitter there can be.
    pub fn total(&self) -> Duration {
        let sum = self.steps.iter().fold(Duration::ZERO, |sum, step| sum.saturating_add(*step));
        stretched(sum, self.jitter)
    }

    /// The wait before the last attempt; zero where there is but one.
    pub fn last_step(&self) -> Duration {
        self.steps.last().copied().unwrap_or_default()
    }

    /// A delivery that could not be attempted for so long after it fell due ends as `endpoint_unavailable` (DESIGN 2.3).
    pub fn unavailable_after(&self) -> Duration {
        self.last_step().max(UNAVAILABLE_AFTER)
    }
}

fn stretched(wait: Duration, by: f64) -> Duration {
    // A product that is no number (a jitter of NaN) adds nothing.
    let factor = 1.0 + if by > 0.0 { by } else { 0.0 };
    Duration::try_from_secs_f64(wait.as_secs_f64() * factor).unwrap_or(Duration::MAX).max(wait)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(steps: &[f64], jitter: f64) -> Timetable {
        Timetable::from_seconds(steps, jitter).unwrap()
    }

    #[test]
    fn each_failed_attempt_takes_the_next_step() {
        let timetable = seconds(&[5.0, 30.0, 120.0, 600.0, 3600.0], 0.0);
        let delays: Vec<_> =
            (0..=6).map(|made| timetable.next_delay(made, 0.7).map(|delay| delay.as_secs())).collect();
        assert_eq!(delays, [Some(0), Some(5), Some(30), Some(120), Some(600), Some(3600), None]);
        assert_eq!(timetable.max_attempts(), 6);
        assert_eq!(timetable.total(), Duration::from_secs(4355));
    }

    #[test]
    fn no_steps_mean_one_attempt() {
        let timetable = Timetable::default();
        assert_eq!(timetable.next_delay(1, 0.0), None);
        assert_eq!(timetable.max_attempts(), 1);
        assert_eq!(timetable.unavailable_after(), Duration::from_secs(3600));
    }

    #[test]
    fn a_due_delivery_waits_an_hour_or_the_last_step_if_longer() {
        assert_eq!(seconds(&[5.0, 60.0], 0.0).unavailable_after(), Duration::from_secs(3600));
        assert_eq!(seconds(&[5.0, 86_400.0], 0.2).unavailable_after(), Duration::from_secs(86_400));
    }

    #[test]
    fn a_step_that_is_no_time_is_refused() {
        for bad in [-1.0, f64::NAN, f64::INFINITY, 1e30] {
            assert_eq!(Timetable::from_seconds(&[1.0, bad], 0.0).unwrap_err().index, 1, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn jitter_only_adds_and_never_more_than_it_may(step in 0.0..1e6, jitter in 0.0..1.0, random in 0.0..=1.0) {
            let timetable = seconds(&[step], jitter);
            let delay = timetable.next_delay(1, random).unwrap().as_secs_f64();
            prop_assert!(delay >= timetable.steps[0].as_secs_f64());
            prop_assert!(delay <= step * (1.0 + jitter) + 1e-6);
            prop_assert!(timetable.total() >= timetable.next_delay(1, random).unwrap());
        }

        #[test]
        fn no_number_makes_it_panic(steps in prop::collection::vec(0.0..1e19f64, 0..4), jitter: f64, random: f64, made: u32) {
            let timetable = seconds(&steps, jitter);
            timetable.next_delay(made, random);
            prop_assert!(timetable.total() >= timetable.last_step());
        }
    }
}
