//! Rates as a receiver sees them: a burst of one second's worth, then so many per second (DESIGN 4.4).

/// What a request may be late by between its start and its receiver, in milliseconds: reads of the store.
const SLACK_MS: f64 = 400.0;

/// A receiver's count of what it may still get.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    rate: f64,
    life: u32,
    credit: f64,
    at_ms: i64,
}

impl Bucket {
    /// A full one.
    pub(crate) fn full(rate: f64, life: u32, at_ms: i64) -> Self {
        Self { rate, life, credit: Self::most(rate), at_ms }
    }

    fn most(rate: f64) -> f64 {
        rate.max(1.0) + rate * SLACK_MS / 1_000.0 + 1.0
    }

    /// Whether it still counts the same thing.
    pub(crate) fn is_for(&self, rate: f64, life: u32) -> bool {
        self.life == life && (self.rate - rate).abs() < f64::EPSILON
    }

    /// Takes one; false where there is none left. A jump of the clock forward is worth a burst.
    pub(crate) fn take(&mut self, at_ms: i64, jumped: bool) -> bool {
        let grown = self.credit + self.rate * (at_ms - self.at_ms) as f64 / 1_000.0;
        self.credit = if jumped { Self::most(self.rate) } else { grown.min(Self::most(self.rate)) };
        self.at_ms = at_ms;
        self.credit -= 1.0;
        self.credit > -1e-6
    }

    pub(crate) fn at_ms(&self) -> i64 {
        self.at_ms
    }
}
