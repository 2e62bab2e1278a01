//! What is told of a recovery: latencies of live events, and how the endpoints met their receiver again.

use crate::latency::Latency;
use crate::receiver::{Ramp, STEPS};
use crate::report::{Report, line};
use crate::result::{Better, Figure};

/// Latencies of live events at their rate.
pub(super) fn tell_latency(report: &mut Report, of: &str, rate: f64, latency: &Latency) {
    line(&format!("{of}: {}", latency.show()));
    Latency::figures(of, std::slice::from_ref(latency)).into_iter().for_each(|figure| report.add(figure));
    report.add_curve(of, Some(rate), latency);
}

/// From their due time to their 202: what they waited for before they were taken.
pub(super) fn tell_answers(report: &mut Report, of: &str, answers: &Latency) {
    for figure in Latency::figures(of, std::slice::from_ref(answers)) {
        report.add(Figure { name: format!("to the 202, {}", figure.name), ..figure });
    }
}

/// How the endpoints met their receiver again: samples are endpoints, except for the sum, whose samples are steps of
/// 100 ms in their order.
pub(super) fn tell_ramps(report: &mut Report, ramps: &[Ramp]) {
    let each = |of: &dyn Fn(&Ramp) -> u64| ramps.iter().map(|ramp| of(ramp) as f64).collect::<Vec<_>>();
    let start = ramps.iter().map(|ramp| ramp.first_ns).min().unwrap_or(0);
    let mut add = |name: &str, of: &str, unit: &str, samples| {
        report.add(Figure::new(name, of, unit, Better::Less, samples));
    };
    let after = ramps.iter().map(|ramp| (ramp.first_ns - start) as f64 / 1e6).collect();
    add("first request after the very first", "each endpoint", "ms", after);
    add("in flight at most, first 2 s", "each endpoint", "", each(&|ramp| ramp.most_in_flight));
    add("requests in 100 ms, the first", "each endpoint", "", each(&|ramp| ramp.requests[0]));
    let most = each(&|ramp| ramp.requests.iter().copied().max().unwrap_or(0));
    add("requests in 100 ms, at most", "each endpoint", "", most);
    add("requests in 100 ms, step by step", "all endpoints from their first", "", steps(ramps));
}

fn steps(ramps: &[Ramp]) -> Vec<f64> {
    let step = |index: usize| ramps.iter().filter_map(|ramp| ramp.requests.get(index)).sum::<u64>() as f64;
    (0..STEPS).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_all_endpoints_add_up_in_their_order() {
        let mut ramp = Ramp { first_ns: 1, ..Ramp::default() };
        (ramp.requests[0], ramp.requests[19]) = (4, 9);
        let steps = steps(&[ramp.clone(), ramp]);
        assert_eq!((steps[0], steps[1], steps[19], steps.len()), (8.0, 0.0, 18.0, STEPS));
    }
}
