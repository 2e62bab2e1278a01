//! Rates: so many per second, with a burst of one second's worth (DESIGN 4.4).

use std::time::Duration;

use crate::time::Millis;

/// An older time than this is not disorder among callers but a clock that was set back.
const CLOCK_SET_BACK: Duration = Duration::from_secs(1);

/// A token bucket. It counts in microseconds of credit, so that no rate drifts.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// Microseconds that one request costs.
    cost_us: f64,
    /// The most credit: one second's worth, at least one request.
    most_us: f64,
    credit_us: f64,
    seen: Option<Millis>,
}

impl Rate {
    /// A full bucket of `per_second` requests; a rate that is not positive is taken as one per hour.
    pub fn per_second(per_second: f64) -> Self {
        let per_second = if per_second > 0.0 { per_second } else { 1.0 / 3600.0 };
        let cost_us = 1e6 / per_second;
        let most_us = cost_us.max(1e6);
        Self { cost_us, most_us, credit_us: most_us, seen: None }
    }

    /// The same rate with an empty bucket at `since`: what the endpoint's last owner may have taken before is not given
    /// once more.
    #[must_use]
    pub fn earned_since(self, since: Millis) -> Self {
        Self { credit_us: 0.0, seen: Some(since), ..self }
    }

    /// Takes one request's credit, if there is enough.
    pub fn take(&mut self, now: Millis) -> bool {
        self.refill(now);
        // A thousandth of a microsecond is rounding, not credit.
        let enough = self.credit_us + 1e-3 >= self.cost_us;
        if enough {
            self.credit_us -= self.cost_us;
        }
        enough
    }

    /// Gives back what was taken for a request that was not made.
    pub fn give_back(&mut self) {
        self.credit_us = (self.credit_us + self.cost_us).min(self.most_us);
    }

    /// When the next request may begin.
    pub fn next_at(&mut self, now: Millis) -> Millis {
        self.refill(now);
        let missing_ms = ((self.cost_us - self.credit_us) / 1e3 - 1e-6).ceil().max(0.0);
        Millis(now.0.saturating_add(missing_ms as i64))
    }

    fn refill(&mut self, now: Millis) {
        let Some(seen) = self.seen else {
            self.seen = Some(now);
            return;
        };
        self.credit_us = (self.credit_us + now.since(seen).as_micros() as f64).min(self.most_us);
        // A slightly older time earns nothing twice; a clock that was set back must not stop the endpoint for as long.
        if now >= seen || seen.since(now) > CLOCK_SET_BACK {
            self.seen = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_owner_begins_with_what_was_earned_since_it_took_over() {
        let mut rate = Rate::per_second(10.0).earned_since(Millis(1_000));
        assert!(!rate.take(Millis(1_050)));
        assert_eq!(rate.next_at(Millis(1_050)), Millis(1_100));
        let taken = (0..20).filter(|_| rate.take(Millis(9_000))).count();
        assert_eq!(taken, 10, "a burst of one second's worth at most");
    }

    proptest! {
        #[test]
        fn no_second_sees_more_than_a_burst_and_a_second(rate in 1.0f64..2_000.0, steps in prop::collection::vec(0i64..50, 1..400)) {
            let mut bucket = Rate::per_second(rate);
            let (mut now, mut taken) = (Millis(1_000), Vec::new());
            for step in steps {
                now = Millis(now.0 + step);
                if bucket.take(now) {
                    taken.push(now);
                }
            }
            for (index, start) in taken.iter().enumerate() {
                let within = taken[index..].iter().take_while(|at| at.0 < start.0 + 1_000).count();
                prop_assert!(within as f64 <= 2.0 * rate + 1.0);
            }
        }

        #[test]
        fn waiting_until_next_at_is_always_enough(rate in 0.1f64..5_000.0) {
            let mut bucket = Rate::per_second(rate);
            let mut now = Millis(0);
            for _ in 0..200 {
                if !bucket.take(now) {
                    now = bucket.next_at(now);
                    prop_assert!(bucket.take(now));
                }
            }
        }
    }

    #[test]
    fn what_was_not_used_can_be_given_back() {
        let mut bucket = Rate::per_second(1.0);
        assert!(bucket.take(Millis(1_000)) && !bucket.take(Millis(1_000)));
        bucket.give_back();
        bucket.give_back();
        assert!(bucket.take(Millis(1_000)) && !bucket.take(Millis(1_000)));
    }

    #[test]
    fn a_rate_does_not_drift() {
        let mut bucket = Rate::per_second(1_000.0);
        let taken = (0..10_000).filter(|at| bucket.take(Millis(*at))).count();
        assert_eq!(taken, 10_000);
    }

    #[test]
    fn a_burst_is_one_seconds_worth() {
        for (rate, burst) in [(3.0, 3), (7.0, 7), (1_000.0, 1_000), (0.5, 1), (2.5, 2)] {
            let mut bucket = Rate::per_second(rate);
            assert_eq!((0..5_000).take_while(|_| bucket.take(Millis(1_000))).count(), burst, "{rate}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_stop_the_endpoint() {
        let mut bucket = Rate::per_second(1.0);
        assert!(bucket.take(Millis(10_000_000)));
        assert!(!bucket.take(Millis(5_000)));
        assert_eq!(bucket.next_at(Millis(5_000)), Millis(6_000));
        assert!(bucket.take(Millis(6_000)));
    }

    #[test]
    fn no_number_of_requests_per_second_makes_it_panic() {
        for rate in [f64::NAN, -1.0, 0.0, f64::INFINITY, f64::MIN_POSITIVE, f64::MAX] {
            let mut bucket = Rate::per_second(rate);
            assert!(bucket.take(Millis(0)), "{rate}");
            assert!(bucket.next_at(Millis(0)) >= Millis(0));
        }
    }
}
