//! A breaker: an endpoint that cannot be reached is probed, not hammered (DESIGN 2.3).

use std::time::Duration;

use crate::time::Millis;

/// So many timeouts or connection errors in a row open it.
const OPENS_AFTER: u32 = 5;
/// So many successes close it again.
const CLOSES_AFTER: u32 = 3;
/// The longest time between probes, without the jitter.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Each wait is longer by up to this part of it, so that the endpoints of one host, which failed together, do not all
/// probe it in the same moment.
const JITTER: f64 = 0.2;

/// Five timeouts or connection errors in a row open it; then one probe at a time after 1, 2, 4 … 60 s; three
/// successes close it. An answer of any status is a success here: the endpoint was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    probe_at: Millis,
    wait: Duration,
    /// Attempts in flight that count: only the probe decides, stragglers from before the opening do not.
    probing: bool,
    successes: u32,
}

impl Breaker {
    /// Whether an attempt may begin.
    pub fn may_send(&self, now: Millis) -> bool {
        self.open.as_ref().is_none_or(|open| !open.probing && open.probe_at <= now)
    }

    /// When the next probe may begin; `None` if it is closed, or a probe is in flight.
    pub fn next_probe_at(&self) -> Option<Millis> {
        self.open.as_ref().filter(|open| !open.probing).map(|open| open.probe_at)
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// An attempt began.
    pub fn on_sent(&mut self) {
        if let Some(open) = &mut self.open {
            open.probing = true;
        }
    }

    /// An attempt ended that never was one (the endpoint changed meanwhile): the next probe may begin.
    pub fn on_unsent(&mut self) {
        if let Some(open) = &mut self.open {
            open.probing = false;
        }
    }

    /// The endpoint answered.
    pub fn on_success(&mut self) {
        self.failures = 0;
        if let Some(open) = &mut self.open {
            open.probing = false;
            open.successes += 1;
            // The next probe need not wait: the last one was answered.
            open.probe_at = Millis::MIN;
            if open.successes >= CLOSES_AFTER {
                self.open = None;
            }
        }
    }

    /// A timeout or a connection error. `random` is in `0.0..1.0`.
    pub fn on_unreachable(&mut self, now: Millis, random: f64) {
        let later = |wait: Duration| now + wait + wait.mul_f64(JITTER * random);
        self.failures += 1;
        match &mut self.open {
            Some(open) if open.probing => {
                open.wait = (open.wait * 2).min(LONGEST_WAIT);
                open.probe_at = later(open.wait);
                open.probing = false;
                open.successes = 0;
            }
            // A straggler from before the opening must not lengthen the wait.
            Some(_) => {}
            None if self.failures >= OPENS_AFTER => {
                let wait = Duration::from_secs(1);
                self.open = Some(Open { probe_at: later(wait), wait, probing: false, successes: 0 });
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        (0..OPENS_AFTER).for_each(|_| breaker.on_unreachable(Millis(0), 0.0));
        breaker
    }

    #[test]
    fn five_unreachable_in_a_row_open_it() {
        let mut breaker = Breaker::default();
        (0..4).for_each(|_| breaker.on_unreachable(Millis(0), 0.0));
        breaker.on_success();
        (0..4).for_each(|_| breaker.on_unreachable(Millis(0), 0.0));
        assert!(!breaker.is_open());
        breaker.on_unreachable(Millis(0), 0.0);
        assert!(breaker.is_open() && !breaker.may_send(Millis(999)) && breaker.may_send(Millis(1_000)));
    }

    #[test]
    fn probes_go_out_one_at_a_time_after_longer_and_longer_waits() {
        let mut breaker = opened();
        let mut now = Millis(0);
        let mut waits = Vec::new();
        for _ in 0..8 {
            let at = breaker.next_probe_at().unwrap();
            waits.push(at.since(now).as_secs());
            now = at;
            breaker.on_sent();
            assert!(!breaker.may_send(now + LONGEST_WAIT), "one probe at a time");
            breaker.on_unreachable(now, 0.0);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_straggler_from_before_the_opening_does_not_lengthen_the_wait() {
        let mut breaker = opened();
        breaker.on_unreachable(Millis(900), 0.0);
        assert_eq!(breaker.next_probe_at(), Some(Millis(1_000)));
    }

    #[test]
    fn a_probe_that_never_began_makes_way_for_the_next() {
        let mut breaker = opened();
        breaker.on_sent();
        assert_eq!((breaker.may_send(Millis(1_000)), breaker.next_probe_at()), (false, None));
        breaker.on_unsent();
        assert!(breaker.may_send(Millis(1_000)));
    }

    #[test]
    fn breakers_that_opened_together_probe_at_different_times() {
        let probe_at = |random: f64| {
            let mut breaker = opened();
            breaker.on_sent();
            breaker.on_unreachable(Millis(1_000), random);
            breaker.next_probe_at()
        };
        assert_eq!([0.0, 0.5, 0.999].map(probe_at), [3_000, 3_200, 3_399].map(|at| Some(Millis(at))));
    }

    #[test]
    fn three_answers_close_it() {
        let mut breaker = opened();
        for left in [true, true, false] {
            assert!(breaker.may_send(Millis(1_000)));
            breaker.on_sent();
            breaker.on_success();
            assert_eq!(breaker.is_open(), left);
        }
    }
}
