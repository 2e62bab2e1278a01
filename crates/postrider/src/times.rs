//! Times and spans on the command line.

use std::time::Duration;

use postrider_engine::ports::Clock as _;
use postrider_model::time::Millis;

use crate::ports::SystemClock;

const UNITS: [(&str, u64); 5] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1), ("w", 604_800)];

/// Reads an instant: RFC 3339, or how long ago (`2h`, `30m`, `7d`). As the API takes it.
///
/// # Errors
/// For what is neither.
pub(crate) fn instant(text: &str) -> Result<String, String> {
    if let Some(ago) = span(text) {
        let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        return Ok(Millis(SystemClock.now().0.saturating_sub(ago).max(0)).rfc3339_millis());
    }
    Millis::parse(text).map(Millis::rfc3339_millis).map_err(|_| {
        format!("{text:?} is neither a time (2026-01-31T12:00:00Z) nor how long ago (90s, 30m, 2h, 7d, 1w)")
    })
}

fn span(text: &str) -> Option<Duration> {
    let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(unit))?;
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    Some(Duration::from_secs(count.checked_mul(seconds)?))
}

/// A span for people: `5 s`, `2 h 30 min`, `5 days`.
pub(crate) fn for_people(span: Duration) -> String {
    if span < Duration::from_secs(1) && !span.is_zero() {
        return format!("{} ms", span.as_millis());
    }
    let seconds = span.as_secs();
    let (days, hours, minutes, rest) =
        (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let days_name = if days == 1 { "day" } else { "days" };
    let mut parts =
        [(days, days_name), (hours, "h"), (minutes, "min"), (rest, "s")].into_iter().filter(|(n, _)| *n > 0);
    // Two parts say enough.
    let (first, second) = (parts.next(), parts.next());
    let shown = |(count, unit): (u64, &str)| format!("{count} {unit}");
    match (first.map(shown), second.map(shown)) {
        (Some(first), Some(second)) => format!("{first} {second}"),
        (Some(first), None) => first,
        _ => "0 s".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_a_time_or_how_long_ago() {
        assert_eq!(instant("2026-01-31T12:00:00Z").unwrap(), "2026-01-31T12:00:00.000Z");
        let ago = Millis::parse(&instant("2h").unwrap()).unwrap();
        let behind = SystemClock.now().since(ago);
        assert!(behind >= Duration::from_secs(7_200) && behind < Duration::from_secs(7_260), "{behind:?}");
        for bad in ["yesterday", "", "h", "-2h", "2y"] {
            assert!(instant(bad).unwrap_err().contains("RFC") || instant(bad).unwrap_err().contains("ago"));
        }
    }

    #[test]
    fn spans_are_told_in_two_parts_at_most() {
        let told = |seconds| for_people(Duration::from_secs(seconds));
        assert_eq!(
            [0, 5, 90, 9_000, 86_400, 180_061].map(told),
            ["0 s", "5 s", "1 min 30 s", "2 h 30 min", "1 day", "2 days 2 h"]
        );
        assert_eq!(for_people(Duration::from_millis(1)), "1 ms");
    }
}
