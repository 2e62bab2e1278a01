//! Pages and their cursors, the same in every store: a cursor means the same after a move from one to another.

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;

use crate::{Page, StoreError};

/// The row number that a page comes before, in lists that go by row number, newest first; the first page comes before
/// none.
///
/// # Errors
/// [`StoreError::BadCursor`].
pub fn after_key(cursor: Option<&str>) -> Result<i64, StoreError> {
    match cursor {
        None => Ok(i64::MAX),
        Some(text) => text.parse().map_err(|_| StoreError::BadCursor),
    }
}

/// The page of `rows`, of which one more than `limit` was asked for.
pub fn page_of<T>(mut rows: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Page<T> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(key) } else { None };
    Page { rows, next }
}

/// As [`page_of`], of rows that come with their numbers.
pub fn numbered_page<T>(rows: Vec<(i64, T)>, limit: usize) -> Page<T> {
    let page = page_of(rows, limit, |(key, _)| key.to_string());
    Page { rows: page.rows.into_iter().map(|(_, row)| row).collect(), next: page.next }
}

/// A place in a list; the page holds what lies strictly below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The event.
    pub event: Ordinal,
    /// In lists of deliveries, the endpoint.
    pub endpoint: EndpointKey,
}

impl Place {
    /// As text: hexadecimal numbers with a point between them.
    pub fn show(self) -> String {
        format!("{:x}.{:x}", self.event.0, self.endpoint.0)
    }

    fn read(text: &str) -> Option<Self> {
        let (event, endpoint) = text.split_once('.')?;
        // Negative ones too: a place below all endpoints of an event is where a walk broke between two events.
        let number = |text| u64::from_str_radix(text, 16).ok().map(u64::cast_signed);
        Some(Self { event: Ordinal(number(event)?), endpoint: EndpointKey(number(endpoint)?) })
    }
}

/// The part of a list that a page may come from.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The first event of it.
    pub first: Ordinal,
    /// Strictly below this.
    pub below: Place,
}

impl Range {
    /// From the bounds of a query and its cursor. `since` is inclusive, `until` exclusive (DESIGN 4.4).
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub fn new(
        since: Option<Millis>,
        until: Option<Millis>,
        cursor: Option<&str>,
    ) -> Result<Self, StoreError> {
        let end =
            Place { event: until.map_or(Ordinal(i64::MAX), Ordinal::at), endpoint: EndpointKey(i64::MIN) };
        let below = match cursor {
            None => end,
            Some(text) => Place::read(text).ok_or(StoreError::BadCursor)?.min(end),
        };
        Ok(Self { first: since.map_or(Ordinal(i64::MIN), Ordinal::at), below })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_text_and_anything_else_is_refused() {
        for endpoint in [77, i64::MIN, i64::MAX] {
            let place = Place { event: Ordinal(1 << 50), endpoint: EndpointKey(endpoint) };
            assert_eq!(Place::read(&place.show()), Some(place));
        }
        for text in ["", ".", "12", "x.1", "1.2.3", "99999999999999999999.1"] {
            assert_eq!(Place::read(text), None, "{text}");
        }
    }
}
