//! Which outcomes are a success, and which are tried again.

use std::fmt;
use std::ops::RangeInclusive;

const LOWEST: u16 = 100;
const HIGHEST: u16 = 599;

/// A set of HTTP statuses from 100 to 599.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct StatusSet([u64; 8]);

impl StatusSet {
    /// Whether `status` is in the set; false for what is no status.
    pub fn contains(&self, status: u16) -> bool {
        (LOWEST..=HIGHEST).contains(&status) && {
            let bit = usize::from(status - LOWEST);
            self.0[bit / 64] >> (bit % 64) & 1 == 1
        }
    }

    /// Whether no status is in it.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 8]
    }

    /// Its statuses as runs without a gap, in order.
    pub fn ranges(&self) -> impl Iterator<Item = RangeInclusive<u16>> {
        let mut next = LOWEST;
        std::iter::from_fn(move || {
            let first = (next..=HIGHEST).find(|status| self.contains(*status))?;
            let last = (first..=HIGHEST).take_while(|status| self.contains(*status)).last()?;
            next = last + 1;
            Some(first..=last)
        })
    }

    pub(crate) fn insert(&mut self, statuses: RangeInclusive<u16>) {
        for status in statuses {
            let bit = usize::from(status - LOWEST);
            self.0[bit / 64] |= 1 << (bit % 64);
        }
    }
}

impl fmt::Debug for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ranges()).finish()
    }
}

/// What came of an attempt that was not a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// There was no answer: refused, reset, no such name, TLS not agreed on.
    Connection,
    /// The deadline came first.
    Timeout,
    /// The answer's status.
    Status(u16),
}

/// The failures that are tried again (`retry_on`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryOn {
    /// No answer came.
    pub connection: bool,
    /// The deadline came first.
    pub timeout: bool,
    /// The statuses.
    pub statuses: StatusSet,
}

impl RetryOn {
    /// Whether a delivery that failed so is tried again.
    pub fn retries(&self, failure: Failure) -> bool {
        match failure {
            Failure::Connection => self.connection,
            Failure::Timeout => self.timeout,
            Failure::Status(status) => self.status(status),
        }
    }

    /// Whether a delivery that got this status is tried again.
    pub fn status(&self, status: u16) -> bool {
        self.statuses.contains(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_knows_its_statuses_and_shows_them_as_runs() {
        let mut set = StatusSet::default();
        set.insert(200..=299);
        set.insert(410..=410);
        assert!(set.contains(200) && set.contains(299) && set.contains(410));
        assert!(!set.contains(199) && !set.contains(300) && !set.contains(0) && !set.contains(600));
        assert_eq!(set.ranges().collect::<Vec<_>>(), [200..=299, 410..=410]);
        set.insert(599..=599);
        assert_eq!(set.ranges().last(), Some(599..=599));
    }
}
