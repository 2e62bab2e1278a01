//! Reading columns: times, ids, JSON, and codes, with the row named where they are broken.

use postrider_model::time::Millis;
use rusqlite::Row;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::fault::{Fault, Res};

/// A time that may be missing.
pub(crate) fn time(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Millis>> {
    Ok(row.get::<_, Option<i64>>(index)?.map(Millis))
}

/// A UUID kept as sixteen bytes.
pub(crate) fn uuid(row: &Row<'_>, index: usize) -> rusqlite::Result<Uuid> {
    row.get::<_, [u8; 16]>(index).map(Uuid::from_bytes)
}

/// A column of JSON.
pub(crate) fn json<T: DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    key: i64,
    text: &str,
) -> Res<T> {
    serde_json::from_str(text).map_err(|error| Fault::corrupt(table, column, key, error))
}

/// JSON for a column. What is kept can always be written as JSON.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Res<String> {
    serde_json::to_string(value).map_err(|error| Fault::corrupt("(new)", "json", "-", error))
}
