//! Filling a page.

use postrider_store::transfer::{Cursor, PAGE_BYTES, PAGE_ROWS, Page, Row, Value};
use rusqlite::types::ValueRef;

use crate::fault::{Fault, Res};

/// A page that is being filled.
#[derive(Debug, Default)]
pub(super) struct Filling {
    page: Page,
    bytes: usize,
}

impl Filling {
    /// Adds a row; true when the page is full, and the next one begins after `key`.
    pub(super) fn push(&mut self, row: Row, key: impl FnOnce(&Row) -> Cursor) -> bool {
        self.bytes += row.iter().map(Value::size).sum::<usize>();
        let full = self.bytes >= PAGE_BYTES || self.page.rows.len() + 1 >= PAGE_ROWS;
        if full {
            self.page.next = Some(key(&row));
        }
        self.page.rows.push(row);
        full
    }

    /// Where the next page begins though this one is not full.
    pub(super) fn go_on_at(&mut self, next: Cursor) {
        self.page.next = Some(next);
    }

    pub(super) fn done(self) -> Page {
        self.page
    }
}

/// A stored value in the form that stores exchange.
pub(super) fn value(
    table: &'static str,
    column: &'static str,
    key: impl Fn() -> String,
    stored: ValueRef<'_>,
) -> Res<Value> {
    Ok(match stored {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(words(
            std::str::from_utf8(text).map_err(|error| Fault::corrupt(table, column, key(), error))?,
        )),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return Err(Fault::corrupt(table, column, key(), "a fraction")),
    })
}

/// Text that every store can keep: U+0000 is the one character that PostgreSQL has no room for.
pub(super) fn words(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A number of a cursor.
pub(super) fn number(after: Option<&Cursor>, index: usize) -> i64 {
    after.and_then(|after| after.get(index)).and_then(Value::int).unwrap_or(i64::MIN)
}
