//! The body of a request, put together from a file and from flags.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::cli::Failed;
use crate::send::read;

/// The body that a file holds (`-`: standard input), or an empty one.
///
/// # Errors
/// When it cannot be read or is no JSON object.
pub(crate) fn base(file: Option<&PathBuf>) -> Result<Map<String, Value>, Failed> {
    let Some(path) = file else { return Ok(Map::new()) };
    serde_json::from_str(&read(path)?)
        .map_err(|error| Failed::usage(format_args!("{} is not a JSON object: {error}", path.display())))
}

/// Sets a field, if the flag was given.
pub(crate) fn set(body: &mut Map<String, Value>, field: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(field.to_owned(), value.into());
    }
}

/// A flag that takes JSON.
///
/// # Errors
/// When it is none.
pub(crate) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))
}

/// A flag that takes `NAME=VALUE`.
///
/// # Errors
/// When there is no `=`, or no name before it.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is written NAME=VALUE".to_owned()),
    }
}

/// A flag that takes a number of seconds above 0, or 0 where that is allowed.
///
/// # Errors
/// When it is none.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => Ok(seconds),
        _ => Err("it is a number of seconds".to_owned()),
    }
}

/// `{"schedule_seconds": […]}`.
pub(crate) fn timetable(seconds: &[f64]) -> Value {
    serde_json::json!({"schedule_seconds": seconds.iter().copied().map(number).collect::<Vec<_>>()})
}

/// A whole number without a point.
pub(crate) fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "it was checked to be whole and small")]
    if value.fract() == 0.0 && value.abs() < 1e15 { Value::from(value as i64) } else { Value::from(value) }
}
