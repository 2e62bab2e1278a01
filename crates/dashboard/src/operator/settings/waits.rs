//! A timetable as people write it: `5s, 2m, 1h`; a bare number is seconds.

use std::time::Duration;

use serde_json::{Number, Value};

/// What is written for a single attempt.
const NONE: &str = "none";
const UNITS: [(&str, f64); 8] = [
    ("min", 60.0),
    ("ms", 0.001),
    ("d", 86_400.0),
    ("h", 3_600.0),
    ("m", 60.0),
    ("s", 1.0),
    ("days", 86_400.0),
    ("", 1.0),
];

/// The waits in seconds.
///
/// # Errors
/// Says what is no wait.
pub(super) fn parse(text: &str) -> Result<Vec<Number>, String> {
    if text.trim() == NONE {
        return Ok(Vec::new());
    }
    text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()).map(wait).collect()
}

fn wait(part: &str) -> Result<Number, String> {
    let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = part[digits.len()..].to_ascii_lowercase();
    let size = UNITS.iter().find(|(known, _)| *known == unit).map(|(_, size)| size);
    let seconds = digits.trim().parse::<f64>().ok().zip(size).map(|(number, size)| number * size);
    let seconds = seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    seconds.and_then(number).ok_or_else(|| format!("{part:?} is not a time, such as 30s, 5m, 2h or 1d."))
}

/// Whole seconds stay whole.
fn number(seconds: f64) -> Option<Number> {
    if seconds.fract() == 0.0 && seconds < 1e15 {
        Some(Number::from(seconds as u64))
    } else {
        Number::from_f64(seconds)
    }
}

/// Waits as they are written in the field.
pub(super) fn written(seconds: &[f64]) -> String {
    if seconds.is_empty() {
        return NONE.to_owned();
    }
    seconds.iter().map(|seconds| short(*seconds)).collect::<Vec<_>>().join(", ")
}

fn short(seconds: f64) -> String {
    let whole = [("d", 86_400.0), ("h", 3_600.0), ("m", 60.0)];
    let fits = whole.into_iter().find(|(_, size)| seconds >= *size && seconds % size == 0.0);
    let (unit, size) = fits.unwrap_or(("s", 1.0));
    format!("{}{unit}", seconds / size)
}

/// The same as spans.
pub(super) fn spans(seconds: &[f64]) -> Vec<Duration> {
    seconds.iter().map(|seconds| Duration::try_from_secs_f64(*seconds).unwrap_or_default()).collect()
}

/// As the setting has it.
pub(super) fn setting(waits: Vec<Number>) -> Value {
    serde_json::json!({ "schedule_seconds": waits.into_iter().map(Value::Number).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Vec<f64> {
        parse(text).unwrap().iter().filter_map(Number::as_f64).collect()
    }

    #[test]
    fn waits_are_read_as_people_write_them() {
        assert_eq!(
            seconds("5, 30s, 2 m,5min\n1h, 1d, 1.5s, 250ms"),
            [5.0, 30.0, 120.0, 300.0, 3_600.0, 86_400.0, 1.5, 0.25]
        );
        assert_eq!(seconds("none"), [0.0; 0]);
        for bad in ["5 x", "-1s", "soon", "1e999", "5s 6s", "NaN", "\u{e4}"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for waits in [vec![], vec![5.0, 90.0, 300.0, 7_200.0, 86_400.0, 0.5]] {
            assert_eq!(seconds(&written(&waits)), waits);
        }
        assert_eq!(written(&[5.0, 90.0, 300.0, 7_200.0]), "5s, 90s, 5m, 2h");
    }
}
