//! Latencies in microseconds, as a histogram of three digits.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::result::{Better, Figure};

/// The quantiles that are told, by their names.
const TOLD: [(&str, f64); 3] = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)];

/// Latencies, most often from due time to receipt.
#[derive(Debug, Clone)]
pub(crate) struct Latency(Histogram<u64>);

impl Latency {
    /// None yet. The histogram grows as it needs to.
    #[expect(clippy::expect_used, reason = "three digits are within what the library takes")]
    pub(crate) fn new() -> Self {
        Self(Histogram::new(3).expect("three digits are legal"))
    }

    /// One more.
    pub(crate) fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        // It grows as it needs to; what it could not hold would be centuries.
        let _ = self.0.record(micros.max(1));
    }

    /// All of another's.
    pub(crate) fn add(&mut self, other: &Self) {
        let _ = self.0.add(&other.0);
    }

    /// All of several runs.
    pub(crate) fn sum(runs: &[Self]) -> Self {
        let mut sum = Self::new();
        for run in runs {
            let _ = sum.0.add(&run.0);
        }
        sum
    }

    /// How many.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// What a share of them does not exceed, in milliseconds.
    pub(crate) fn quantile_ms(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e3
    }

    /// The library's own.
    pub(crate) const fn histogram(&self) -> &Histogram<u64> {
        &self.0
    }

    /// What goes over the wire: microseconds and how many.
    pub(crate) fn buckets(&self) -> Vec<(u64, u64)> {
        self.0.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    }

    /// What came over it.
    pub(crate) fn from_buckets(buckets: &[(u64, u64)]) -> Self {
        let mut latency = Self::new();
        for (micros, count) in buckets {
            let _ = latency.0.record_n(*micros, *count);
        }
        latency
    }

    /// Median, 99th and 99.9th percentile: one figure of each, with a sample from each run.
    pub(crate) fn figures(of: &str, runs: &[Self]) -> [Figure; 3] {
        TOLD.map(|(name, quantile)| {
            let samples = runs.iter().map(|run| run.quantile_ms(quantile)).collect();
            Figure::new(name, of, "ms", Better::Less, samples)
        })
    }

    /// For people, on one line.
    pub(crate) fn show(&self) -> String {
        let told = TOLD.map(|(name, quantile)| format!("{name} {:.2} ms", self.quantile_ms(quantile)));
        format!("{} ({} received)", told.join(", "), self.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_of_any_length_are_told_and_survive_the_wire() {
        let mut latency = Latency::new();
        for millis in 1..=1_000 {
            latency.record(Duration::from_millis(millis));
        }
        latency.record(Duration::from_secs(100_000));
        let read = Latency::from_buckets(&latency.buckets());
        assert_eq!(read.count(), 1_001);
        assert!((500.0..=502.0).contains(&read.quantile_ms(0.5)), "{}", read.show());
        assert!((990.0..=993.0).contains(&read.quantile_ms(0.99)), "{}", read.show());
        assert!(read.quantile_ms(1.0) > 99_000_000.0, "{}", read.quantile_ms(1.0));
    }

    #[test]
    fn a_figure_has_a_sample_of_each_run() {
        let run = |millis| {
            let mut latency = Latency::new();
            latency.record(Duration::from_millis(millis));
            latency
        };
        let [p50, _, p999] = Latency::figures("postrider", &[run(1), run(3), run(2)]);
        assert_eq!((p50.name.as_str(), p50.samples.len(), p999.name.as_str()), ("p50", 3, "p99.9"));
        assert!((2.0..2.01).contains(&p50.median));
    }

    #[test]
    fn latencies_of_several_runs_add_up() {
        let mut one = Latency::new();
        one.record(Duration::from_millis(5));
        let mut more = one.clone();
        more.add(&one);
        assert_eq!((more.count(), Latency::sum(&[one, more.clone(), more]).count()), (2, 5));
    }
}
