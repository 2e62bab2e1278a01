//! Durations as people write them: `500ms`, `5s`, `2m`, `1h30m`, `5d`.

use std::time::Duration;

/// The longest duration in a contract: a year.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// Reads a duration of one or more whole numbers, each with its unit (`ms`, `s`, `m`, `h`, `d`).
///
/// `None` where the text is something else, or longer than a year.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        let after = &rest[digits..];
        let unit_len = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let unit_ms: u64 = match &after[..unit_len] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(number.checked_mul(unit_ms)?))?;
        if total > LONGEST {
            return None;
        }
        rest = &after[unit_len..];
        if rest.is_empty() {
            return Some(total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, ms) in [
            ("500ms", 500),
            ("5s", 5_000),
            ("0s", 0),
            ("2m", 120_000),
            ("1h30m", 5_400_000),
            ("5d", 432_000_000),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "5", "s", "5 s", "5x", "-5s", "1.5s", "5s5", "367d", "99999999999999999999s", "é"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
