//! Instants as milliseconds since the Unix epoch: what the engine computes with and the stores keep.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// An instant, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

/// Text that is not an RFC 3339 instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time: {0}")]
pub struct BadTime(String);

impl Millis {
    /// The earliest instant there is: "no lower bound".
    pub const MIN: Self = Self(0);
    /// The latest instant there is: "never".
    pub const MAX: Self = Self(i64::MAX);

    /// Whole seconds since the Unix epoch, rounded down.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC with milliseconds (`2026-01-22T10:30:00.000Z`), the native API's form (DESIGN 4.2).
    pub fn rfc3339_millis(self) -> String {
        format!("{:.3}", self.timestamp())
    }

    /// RFC 3339 in UTC with whole seconds (`2026-01-22T10:30:00Z`), cut, not rounded.
    pub fn rfc3339_seconds(self) -> String {
        format!("{:.0}", Self(self.unix_seconds() * 1000).timestamp())
    }

    /// Reads an RFC 3339 instant with any offset; finer digits than milliseconds are cut.
    ///
    /// # Errors
    /// [`BadTime`] where the text is not an instant, or lies before 1970.
    pub fn parse(text: &str) -> Result<Self, BadTime> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| BadTime(text.to_owned()))?;
        let millis = instant.as_millisecond();
        if millis < 0 { Err(BadTime(text.to_owned())) } else { Ok(Self(millis)) }
    }

    fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl fmt::Debug for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339_millis())
    }
}

impl Add<Duration> for Millis {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Millis {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339_millis())
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_the_precision_asked_for() {
        let time = Millis::parse("2026-01-22T11:30:00.789123+01:00").unwrap();
        assert_eq!(time.rfc3339_millis(), "2026-01-22T10:30:00.789Z");
        assert_eq!(time.rfc3339_seconds(), "2026-01-22T10:30:00Z");
        assert_eq!(Millis(0).rfc3339_millis(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn text_that_is_no_instant_is_refused() {
        for text in ["", "2026-01-22", "2026-01-22T10:30:00", "1969-12-31T23:59:59Z", "yesterday"] {
            assert!(Millis::parse(text).is_err(), "{text}");
        }
    }
}
