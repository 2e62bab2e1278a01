//! Points in time and spans. Written in UTC; the script turns them into the reader's own time zone.

use std::time::Duration;

use maud::{Markup, html};
use postrider_model::time::Millis;

/// A number stays with its unit.
const BLANK: &str = "\u{a0}";

/// A point in time: `2026-01-22 10:30:00 UTC`.
pub(crate) fn at(time: Millis) -> Markup {
    let iso = time.rfc3339_millis();
    html! { time datetime=(iso) data-local { (readable(&iso)) } }
}

/// A point in time for lists: the script leaves out the day where it is today, and the year where it is this one.
pub(crate) fn brief(time: Millis) -> Markup {
    let iso = time.rfc3339_millis();
    html! { time datetime=(iso) data-local="brief" { (readable(&iso)) } }
}

/// A point in time where there is one.
pub(crate) fn at_if_any(time: Option<Millis>) -> Markup {
    match time {
        Some(time) => at(time),
        None => html! { span.none { "–" } },
    }
}

/// Stands by fields that take UTC; the script says there in which zone it shows the page's times, where that is another.
pub(crate) fn zone() -> Markup {
    html! { p.zone data-zone hidden { "Times in the list are those of " span {} "." } }
}

/// `2026-01-22T10:30:00.123Z` as people read it.
fn readable(iso: &str) -> String {
    let (date, clock) = iso.split_once('T').unwrap_or((iso, ""));
    format!("{date} {} UTC", clock.get(..8).unwrap_or(clock))
}

/// How long something took: `234 ms`, `1.2 s`, `2 min 5 s`.
pub(crate) fn duration_ms(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", ms as f64 / 1_000.0),
        60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms / 1_000 % 60),
        _ => format!("{} h {} min", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// A span that somebody set, exactly: `5 s`, `1.5 s`, `2 min`, `1 h 30 min`, `5 days`.
pub(crate) fn span(time: Duration) -> String {
    let (seconds, ms) = (time.as_secs(), time.subsec_millis());
    if ms > 0 {
        return format!("{}{BLANK}s", time.as_secs_f64());
    }
    let units = [("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, length) in units {
        match (rest / length, unit) {
            (0, _) => {}
            (1, "day") => parts.push(format!("1{BLANK}day")),
            (number, "day") => parts.push(format!("{number}{BLANK}days")),
            (number, unit) => parts.push(format!("{number}{BLANK}{unit}")),
        }
        rest %= length;
    }
    if parts.is_empty() { format!("0{BLANK}s") } else { parts.join(BLANK) }
}

/// What a field of the type `datetime-local` sends: a time without a zone, read as UTC (the field says so); an
/// instant as the API takes it is fine as well.
pub(crate) fn entered(text: &str) -> Option<Millis> {
    let text = text.trim();
    Millis::parse(text)
        .or_else(|_| Millis::parse(&format!("{text}Z")))
        .or_else(|_| Millis::parse(&format!("{text}:00Z")))
        .ok()
}

/// A time for a field of the type `datetime-local`, in UTC.
pub(crate) fn for_field(time: Option<Millis>) -> String {
    time.map(|time| time.rfc3339_millis().get(..19).unwrap_or_default().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_for_people_and_for_programs() {
        let shown = at(Millis(1_769_077_800_123)).into_string();
        assert_eq!(
            shown,
            "<time datetime=\"2026-01-22T10:30:00.123Z\" data-local>2026-01-22 10:30:00 UTC</time>"
        );
    }

    #[test]
    fn spans_have_the_unit_that_fits() {
        let shown: Vec<_> = [0, 999, 1_234, 61_000, 3_660_000].map(duration_ms).to_vec();
        assert_eq!(shown, ["0 ms", "999 ms", "1.2 s", "1 min 1 s", "1 h 1 min"]);
    }

    #[test]
    fn a_field_s_time_comes_back() {
        let time = Millis(1_769_077_800_000);
        assert_eq!(entered(&for_field(Some(time))), Some(time));
        assert_eq!(entered("2026-01-22T10:30"), Some(time));
        assert_eq!(entered("2026-01-22T11:30:00+01:00"), Some(time));
        assert_eq!((entered(""), entered("yesterday")), (None, None));
    }

    #[test]
    fn a_span_is_written_exactly() {
        let shown = [0, 5, 90, 3_600, 5_400, 86_400, 432_000]
            .map(|seconds| span(Duration::from_secs(seconds)).replace(BLANK, " "));
        assert_eq!(shown, ["0 s", "5 s", "1 min 30 s", "1 h", "1 h 30 min", "1 day", "5 days"]);
        assert_eq!(span(Duration::from_millis(1_500)), "1.5\u{a0}s");
    }
}
