//! `Retry-After` (RFC 9110, 10.2.3): seconds or an HTTP date, heeded up to 24 hours (DESIGN 4.4).

use std::time::{Duration, UNIX_EPOCH};

use crate::time::Millis;

/// The longest that a receiver is left alone because it asked for it.
pub const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// How long after `now` the value asks to wait; `None` where it is neither seconds nor a date.
pub fn parse(value: &str, now: Millis) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are more than a day.
        return Some(value.parse().map_or(LONGEST, Duration::from_secs).min(LONGEST));
    }
    let date = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let date = Millis(i64::try_from(date.as_millis()).ok()?);
    Some(date.since(now).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_capped_at_a_day() {
        let now = Millis::parse("2026-11-21T07:28:00Z").unwrap();
        let cases = [
            ("120", Some(120)),
            (" 5 ", Some(5)),
            ("Sat, 21 Nov 2026 07:29:00 GMT", Some(60)),
            ("Sat, 21 Nov 2026 07:27:00 GMT", Some(0)),
            ("Thu, 31 Dec 2099 23:59:59 GMT", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            ("soon", None),
            ("", None),
            ("-5", None),
            ("1.5", None),
        ];
        for (value, seconds) in cases {
            assert_eq!(parse(value, now), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
