//! Sets of HTTP statuses.

use std::fmt;
use std::ops::RangeInclusive;

/// The lowest status that exists (RFC 9110, 15).
const LOWEST: u16 = 100;
/// The highest status that exists (RFC 9110, 15).
const HIGHEST: u16 = 599;
const WORDS: usize = 8;

/// A set of statuses between 100 and 599, one bit each: to ask it costs nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StatusSet {
    words: [u64; WORDS],
}

impl StatusSet {
    /// 200 to 299.
    pub const SUCCESSFUL: Self = Self::EMPTY.with(200, 299);
    /// No status.
    pub const EMPTY: Self = Self { words: [0; WORDS] };

    /// This set and `first..=last`; what lies outside 100 to 599 is left out.
    #[must_use]
    pub const fn with(mut self, first: u16, last: u16) -> Self {
        let mut status = if first < LOWEST { LOWEST } else { first };
        while status <= last && status <= HIGHEST {
            let bit = (status - LOWEST) as usize;
            self.words[bit / 64] |= 1 << (bit % 64);
            status += 1;
        }
        self
    }

    /// Is `status` in the set?
    #[must_use]
    pub const fn contains(&self, status: u16) -> bool {
        if status < LOWEST || status > HIGHEST {
            return false;
        }
        let bit = (status - LOWEST) as usize;
        self.words[bit / 64] >> (bit % 64) & 1 == 1
    }
}

impl FromIterator<RangeInclusive<u16>> for StatusSet {
    fn from_iter<I: IntoIterator<Item = RangeInclusive<u16>>>(ranges: I) -> Self {
        ranges.into_iter().fold(Self::EMPTY, |set, range| set.with(*range.start(), *range.end()))
    }
}

impl fmt::Debug for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries((LOWEST..=HIGHEST).filter(|status| self.contains(*status))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successful_statuses_are_the_200s() {
        for status in 0..=u16::MAX {
            assert_eq!(StatusSet::SUCCESSFUL.contains(status), (200..300).contains(&status), "{status}");
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let set: StatusSet = [100..=101, 204..=204, 599..=700].into_iter().collect();
        let held: Vec<u16> = (0..=u16::MAX).filter(|status| set.contains(*status)).collect();
        assert_eq!(held, [100, 101, 204, 599]);
    }
}
