//! How requests come to an endpoint after it came up: a herd, or a ramp.

use serde::{Deserialize, Serialize};

/// What the ramp is told in.
const STEP_NS: u64 = 100_000_000;

/// How long it is looked at: two seconds from the first request.
pub(crate) const STEPS: usize = 20;

/// The first two seconds of one endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ramp {
    /// When its first request came, in nanoseconds of [`crate::epoch`].
    pub first_ns: u64,
    /// Requests in each step of 100 ms.
    pub requests: [u64; STEPS],
    /// The most that were in flight at one time.
    pub most_in_flight: u64,
}

/// All of them, by number.
#[derive(Debug, Default)]
pub(super) struct Ramps(Vec<(Ramp, u64)>);

impl Ramps {
    /// A request has come.
    pub(super) fn enter(&mut self, number: usize, now_ns: u64) {
        if self.0.len() <= number {
            self.0.resize_with(number + 1, Default::default);
        }
        let (ramp, in_flight) = &mut self.0[number];
        *in_flight += 1;
        if ramp.first_ns == 0 {
            ramp.first_ns = now_ns;
        }
        let step = usize::try_from((now_ns - ramp.first_ns) / STEP_NS).unwrap_or(usize::MAX);
        if let Some(requests) = ramp.requests.get_mut(step) {
            *requests += 1;
            ramp.most_in_flight = ramp.most_in_flight.max(*in_flight);
        }
    }

    /// It is answered.
    pub(super) fn leave(&mut self, number: usize) {
        if let Some((_, in_flight)) = self.0.get_mut(number) {
            *in_flight = in_flight.saturating_sub(1);
        }
    }

    /// Those of endpoints that got anything.
    pub(super) fn told(&self) -> Vec<&Ramp> {
        self.0.iter().map(|(ramp, _)| ramp).filter(|ramp| ramp.first_ns > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epoch;

    #[test]
    fn requests_are_counted_in_steps_from_the_first_and_in_flight_until_answered() {
        let mut ramps = Ramps::default();
        let first = epoch::nanos().max(1);
        for number in [2, 2, 5] {
            ramps.enter(number, first);
        }
        ramps.leave(2);
        ramps.enter(2, first + 3 * STEP_NS);
        ramps.enter(2, first + STEPS as u64 * STEP_NS);
        let told = ramps.told();
        assert_eq!(told.len(), 2, "endpoints without a request are not told");
        assert_eq!((told[0].requests[0], told[0].requests[3]), (2, 1));
        assert_eq!(told[0].requests.iter().sum::<u64>(), 3, "what comes later is not looked at");
        assert_eq!((told[0].most_in_flight, told[1].most_in_flight), (2, 1));
    }
}
