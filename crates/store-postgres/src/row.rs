//! Reading columns: times, JSON, and codes, with the row named where they are broken.

use postrider_model::id::Mode;
use postrider_model::time::Millis;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use crate::fault::{Fault, Res};

/// A time.
pub(crate) fn millis(row: &Row, index: usize) -> Res<Millis> {
    Ok(Millis(row.try_get(index)?))
}

/// A time that may be missing.
pub(crate) fn time(row: &Row, index: usize) -> Res<Option<Millis>> {
    Ok(row.try_get::<_, Option<i64>>(index)?.map(Millis))
}

/// A count kept as a `bigint`.
pub(crate) fn count(row: &Row, index: usize) -> Res<u64> {
    Ok(row.try_get::<_, i64>(index)?.cast_unsigned())
}

/// A count kept as an `integer`.
pub(crate) fn small_count(row: &Row, index: usize) -> Res<u32> {
    Ok(row.try_get::<_, i32>(index)?.cast_unsigned())
}

/// The mode of a `smallint`.
pub(crate) fn mode(row: &Row, index: usize) -> Res<Mode> {
    Ok(Mode::from_bit(i64::from(row.try_get::<_, i16>(index)?)))
}

/// A mode as a `smallint`.
pub(crate) fn mode_bit(mode: Mode) -> i16 {
    i16::from(mode.bit() != 0)
}

/// A column of JSON, which is kept as text: its keys keep their order.
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

/// A limit as a parameter; one more than a page holds says whether there is a next one.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
