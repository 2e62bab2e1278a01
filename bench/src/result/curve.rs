//! A distribution of latencies, small enough to keep and to draw.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Points of the curve in each halving of what is left above it.
const POINTS: u32 = 8;

/// Latencies from due time to receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Curve {
    /// Of whom, as in [`super::Figure::of`].
    pub of: String,
    /// At which rate of events; nothing where they came as fast as they were taken.
    pub per_second: Option<f64>,
    /// Upper bounds in milliseconds, each with the share of all that is not above it.
    pub counts: Vec<(f64, f64)>,
}

impl Curve {
    /// From microseconds.
    pub(crate) fn of(of: &str, per_second: Option<f64>, latency_us: &Histogram<u64>) -> Self {
        let all = latency_us.len().max(1) as f64;
        let mut up_to = 0_u64;
        let counts = latency_us
            .iter_quantiles(POINTS)
            .map(|step| {
                up_to += step.count_since_last_iteration();
                (step.value_iterated_to() as f64 / 1e3, up_to as f64 / all)
            })
            .collect();
        Self { of: of.to_owned(), per_second, counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_rises_to_the_whole_and_tells_the_tail() {
        let mut histogram = Histogram::new(3).unwrap();
        for micros in 1..=100_000_u64 {
            histogram.record(micros).unwrap();
        }
        let curve = Curve::of("postrider", Some(100.0), &histogram);
        assert!(curve.counts.len() < 200, "{}", curve.counts.len());
        assert!(curve.counts.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1));
        let last = *curve.counts.last().unwrap();
        assert!(last.1 == 1.0 && (100.0..100.2).contains(&last.0), "{last:?}");
        let (bound, share) = *curve.counts.iter().find(|(_, share)| *share >= 0.99).unwrap();
        assert!((98.9..100.0).contains(&bound) && share < 0.995, "{bound} {share}");
    }

    #[test]
    fn nothing_received_is_an_empty_curve() {
        let empty = Histogram::new(3).unwrap();
        assert!(Curve::of("postrider", None, &empty).counts.is_empty());
    }
}
