//! Pages of lists that go by row number, newest first.

use postrider_store::{Page, StoreError};

use crate::fault::{Fault, Res};

/// The row number that a page comes before; the first page comes before none.
pub(crate) fn after_key(cursor: Option<&str>) -> Res<i64> {
    match cursor {
        None => Ok(i64::MAX),
        Some(text) => text.parse().map_err(|_| Fault::Store(StoreError::BadCursor)),
    }
}

/// The page of `rows`, of which one more than `limit` was asked for.
pub(crate) fn page_of<T>(mut rows: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Page<T> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(key) } else { None };
    Page { rows, next }
}

/// As [`page_of`], of rows that come with their numbers.
pub(crate) fn numbered_page<T>(rows: Vec<(i64, T)>, limit: usize) -> Page<T> {
    let page = page_of(rows, limit, |(key, _)| key.to_string());
    Page { rows: page.rows.into_iter().map(|(_, row)| row).collect(), next: page.next }
}
