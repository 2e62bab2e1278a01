//! How long attempts took, as counts in buckets: a few bytes for a minute, added up over minutes and nodes, and precise
//! enough for percentiles.
//!
//! Buckets are narrow where times are short: each doubling of the time is divided into eight, so that what a bucket says
//! of a time is never more than an eighth of it away.

use std::time::Duration;

/// Doublings are divided into so many buckets.
const PARTS: u64 = 8;
/// Times below this, in microseconds, share the first bucket.
const FIRST_US: u64 = 128;
/// Buckets in all: the last one begins at 251 s, twice the longest deadline of an attempt.
const BUCKETS: u64 = 1 + 21 * PARTS;

/// Counts of times by bucket; only those in which something fell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latencies {
    /// In the order of the buckets.
    counts: Vec<(u8, u64)>,
}

/// A bucket that does not exist, one that comes twice, or one that is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("bucket {0} of a latency histogram is unknown, empty or out of order")]
pub struct BadBucket(pub u64);

impl Latencies {
    /// Counts one.
    pub fn record(&mut self, latency: Duration) {
        self.count(bucket(latency), 1);
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.counts {
            self.count(*bucket, *count);
        }
    }

    fn count(&mut self, bucket: u8, times: u64) {
        match self.counts.binary_search_by_key(&bucket, |(of, _)| *of) {
            Ok(at) => self.counts[at].1 = self.counts[at].1.saturating_add(times),
            Err(at) => self.counts.insert(at, (bucket, times)),
        }
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The time that a share of all, 0 to 1, did not exceed, in milliseconds; `None` where nothing was counted. Within a
    /// bucket times are taken as evenly spread.
    pub fn percentile_ms(&self, share: f64) -> Option<f64> {
        let total = self.total();
        let rank = (share.clamp(0.0, 1.0) * total as f64).ceil().max(1.0);
        let mut below = 0.0;
        for (bucket, count) in &self.counts {
            let here = *count as f64;
            if below + here >= rank {
                let (from, to) = (begins_us(u64::from(*bucket)), begins_us(u64::from(*bucket) + 1));
                let us = from as f64 + (to - from) as f64 * (rank - below) / here;
                return Some(us.round() / 1_000.0);
            }
            below += here;
        }
        None
    }

    /// Buckets by number, each with its count: what is kept.
    pub fn buckets(&self) -> &[(u8, u64)] {
        &self.counts
    }

    /// As it was kept.
    ///
    /// # Errors
    /// [`BadBucket`] for what [`Latencies::buckets`] never gives.
    pub fn of_buckets(buckets: impl IntoIterator<Item = (u64, u64)>) -> Result<Self, BadBucket> {
        let mut counts: Vec<(u8, u64)> = Vec::new();
        for (bucket, count) in buckets {
            let follows = counts.last().is_none_or(|(last, _)| u64::from(*last) < bucket);
            let number = u8::try_from(bucket).ok().filter(|_| bucket < BUCKETS && follows && count > 0);
            counts.push((number.ok_or(BadBucket(bucket))?, count));
        }
        Ok(Self { counts })
    }
}

fn bucket(latency: Duration) -> u8 {
    let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
    if us < FIRST_US {
        return 0;
    }
    let doublings = u64::from((us / FIRST_US).ilog2());
    let part = us / ((FIRST_US / PARTS) << doublings) - PARTS;
    (1 + doublings * PARTS + part).min(BUCKETS - 1) as u8
}

/// Where a bucket begins; the one after the last one where that ends.
fn begins_us(bucket: u64) -> u64 {
    let Some(above) = bucket.checked_sub(1) else { return 0 };
    ((FIRST_US / PARTS) << (above / PARTS)) * (PARTS + above % PARTS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(latencies_us: &[u64]) -> Latencies {
        let mut latencies = Latencies::default();
        latencies_us.iter().for_each(|us| latencies.record(Duration::from_micros(*us)));
        latencies
    }

    proptest! {
        #[test]
        fn a_time_lies_in_its_bucket_which_is_an_eighth_of_it_wide(us in 0_u64..268_000_000) {
            let bucket = u64::from(bucket(Duration::from_micros(us)));
            let (from, to) = (begins_us(bucket), begins_us(bucket + 1));
            prop_assert!(from <= us && us < to, "{us} is not in {from}..{to}");
            prop_assert!(us < FIRST_US || (to - from) * PARTS <= from, "{from}..{to} is wide");
        }

        #[test]
        fn what_is_added_up_is_what_would_have_been_counted_together(
            one in prop::collection::vec(0_u64..200_000_000, 0..50),
            other in prop::collection::vec(0_u64..200_000_000, 0..50),
        ) {
            let mut sum = of(&one);
            sum.add(&of(&other));
            let together = of(&[one, other].concat());
            prop_assert_eq!(&sum, &together);
            let kept = together.buckets().iter().map(|(bucket, count)| (u64::from(*bucket), *count));
            prop_assert_eq!(Latencies::of_buckets(kept).unwrap(), sum);
        }

        #[test]
        fn a_percentile_is_at_most_an_eighth_off(
            mut us in prop::collection::vec(128_u64..200_000_000, 1..200),
            share in 0.0_f64..=1.0,
        ) {
            let found = of(&us).percentile_ms(share).unwrap() * 1_000.0;
            us.sort_unstable();
            let rank = ((share * us.len() as f64).ceil() as usize).max(1);
            let exact = us[rank - 1] as f64;
            prop_assert!((found - exact).abs() <= exact / 8.0 + 1.0, "{found} for {exact}");
        }
    }

    #[test]
    fn nothing_counted_has_no_percentile_and_a_time_beyond_all_bounds_is_in_the_last_bucket() {
        assert_eq!(Latencies::default().percentile_ms(0.5), None);
        assert_eq!(of(&[u64::MAX]).buckets(), [((BUCKETS - 1) as u8, 1)]);
    }

    #[test]
    fn buckets_that_were_never_kept_are_refused() {
        assert_eq!(Latencies::of_buckets([(BUCKETS, 1)]), Err(BadBucket(BUCKETS)));
        assert_eq!(Latencies::of_buckets([(5, 1), (5, 1)]), Err(BadBucket(5)));
        assert_eq!(Latencies::of_buckets([(5, 0)]), Err(BadBucket(5)));
    }
}
