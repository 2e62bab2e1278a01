//! A [`ProjectSum`] in a column: the version byte, then varints.

use postrider_model::latency::Latencies;

use super::{ProjectSum, SeenBacklog};
use crate::attempt_log::varint;

/// The format this code writes.
const VERSION: u8 = 1;

/// Counts that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCounts {
    /// Written by a newer version of the program.
    #[error("counts of format {0}")]
    Version(u8),
    /// They end early or hold an impossible value.
    #[error("broken counts")]
    Broken,
}

impl ProjectSum {
    /// All but the minute, packed.
    pub fn pack(&self) -> Vec<u8> {
        let mut packed = Vec::with_capacity(64);
        packed.push(VERSION);
        let backlog = self.backlog.unwrap_or_default();
        let numbers = [
            self.accepted,
            self.deliveries,
            self.delivered,
            self.exhausted,
            self.held,
            self.succeeded,
            self.failed,
            self.latency_ms,
            self.latency_max_ms,
            u64::from(self.backlog.is_some()),
            backlog.waiting,
            backlog.waiting_max,
            backlog.overflowing,
            backlog.oldest_wait_ms,
            backlog.oldest_wait_max_ms,
        ];
        numbers.into_iter().for_each(|number| varint::push(&mut packed, number));
        let mut next = 0;
        for (bucket, count) in self.latencies.buckets() {
            varint::push(&mut packed, u64::from(*bucket) - next);
            varint::push(&mut packed, *count);
            next = u64::from(*bucket) + 1;
        }
        packed
    }

    /// What was packed, of that minute.
    ///
    /// # Errors
    /// [`BadCounts`].
    pub fn unpack(minute: i64, packed: &[u8]) -> Result<Self, BadCounts> {
        let (version, mut rest) = packed.split_first().ok_or(BadCounts::Broken)?;
        if *version != VERSION {
            return Err(BadCounts::Version(*version));
        }
        let mut next = || varint::take(&mut rest).map_err(|_| BadCounts::Broken);
        let mut sum = Self {
            minute,
            accepted: next()?,
            deliveries: next()?,
            delivered: next()?,
            exhausted: next()?,
            held: next()?,
            succeeded: next()?,
            failed: next()?,
            latency_ms: next()?,
            latency_max_ms: next()?,
            ..Self::default()
        };
        let looked = next()? > 0;
        let backlog = SeenBacklog {
            waiting: next()?,
            waiting_max: next()?,
            overflowing: next()?,
            oldest_wait_ms: next()?,
            oldest_wait_max_ms: next()?,
        };
        sum.backlog = looked.then_some(backlog);
        sum.latencies = latencies(rest)?;
        Ok(sum)
    }
}

fn latencies(mut rest: &[u8]) -> Result<Latencies, BadCounts> {
    let (mut buckets, mut next) = (Vec::new(), 0_u64);
    while !rest.is_empty() {
        let mut number = || varint::take(&mut rest).map_err(|_| BadCounts::Broken);
        let bucket = next.checked_add(number()?).ok_or(BadCounts::Broken)?;
        buckets.push((bucket, number()?));
        next = bucket.checked_add(1).ok_or(BadCounts::Broken)?;
    }
    Latencies::of_buckets(buckets).map_err(|_| BadCounts::Broken)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn sum() -> ProjectSum {
        let mut sum = ProjectSum {
            minute: 7,
            accepted: 300,
            deliveries: u64::MAX,
            held: 1,
            latency_ms: 5,
            backlog: Some(SeenBacklog::seen(9, 1, 70_000)),
            ..ProjectSum::default()
        };
        for ms in [0, 1, 1, 900, 30_000] {
            sum.latencies.record(Duration::from_millis(ms));
        }
        sum
    }

    #[test]
    fn counts_come_back_as_they_were_packed() {
        for sum in [sum(), ProjectSum::default()] {
            assert_eq!(ProjectSum::unpack(sum.minute, &sum.pack()), Ok(sum));
        }
    }

    #[test]
    fn counts_that_were_cut_or_are_of_another_format_are_refused() {
        let packed = ProjectSum { latencies: Latencies::default(), ..sum() }.pack();
        for cut in 0..packed.len() {
            assert_eq!(ProjectSum::unpack(7, &packed[..cut]), Err(BadCounts::Broken), "cut at {cut}");
        }
        assert_eq!(ProjectSum::unpack(7, &[9, 0]), Err(BadCounts::Version(9)));
        let doubtful = [&packed[..], &[0xff, 0xff, 0x7f, 1]].concat();
        assert_eq!(ProjectSum::unpack(7, &doubtful), Err(BadCounts::Broken));
    }

    #[test]
    fn a_busy_minute_takes_about_a_hundred_bytes() {
        let mut sum = sum();
        for us in 0..200_000 {
            sum.latencies.record(Duration::from_micros(2_000 + us));
        }
        let bytes = sum.pack().len();
        assert!(bytes < 220, "{bytes}");
    }
}
