//! Lists: `?limit=` and `?cursor=` in, `{"data": […], "next_cursor": …}` out (DESIGN 4.2).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_model::limits::Limits;
use postrider_store::Page;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// `?limit=`, at least 1, if it is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limit(Option<usize>);

impl Limit {
    /// The rows of the page: above the most it is the most (DESIGN 4.4).
    pub fn rows(self, limits: &Limits) -> usize {
        self.0.unwrap_or(limits.default_list_limit).min(limits.max_list_limit)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // A number too long for the type is still above the most.
        match (is_number, text.parse::<usize>()) {
            (true, Ok(0)) | (false, _) => Err(de::Error::custom("a limit must be a whole number from 1 on")),
            (true, number) => Ok(Self(Some(number.unwrap_or(usize::MAX)))),
        }
    }
}

/// `?cursor=` as the store knows it: outside it is opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(CursorVisitor)
    }
}

struct CursorVisitor;

impl Visitor<'_> for CursorVisitor {
    type Value = Cursor;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cursor from `next_cursor`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Cursor, E> {
        let bytes =
            URL_SAFE_NO_PAD.decode(text).map_err(|_| E::custom("this is not a cursor of this list"))?;
        let text = String::from_utf8(bytes).map_err(|_| E::custom("this is not a cursor of this list"))?;
        Ok(Cursor(text))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The rows, newest first.
    pub data: Vec<T>,
    /// What to send as `cursor` for the next page; `null` on the last one. A page may be short and still have one.
    #[schema(value_type = Option<String>)]
    pub next_cursor: Option<Cursor>,
}

impl<T> List<T> {
    /// A page of the store, each row shown by `show`.
    pub fn of<R>(page: Page<R>, show: impl FnMut(R) -> T) -> Self {
        Self { data: page.rows.into_iter().map(show).collect(), next_cursor: page.next.map(Cursor) }
    }
}

/// The cursor as the store takes it.
pub fn cursor_text(cursor: Option<Cursor>) -> Option<String> {
    cursor.map(|cursor| cursor.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn limit(text: &str) -> Result<Limit, serde_json::Error> {
        serde_json::from_value(json!(text))
    }

    #[test]
    fn a_limit_above_the_most_is_the_most_and_below_one_is_refused() {
        let rows = |text: &str| limit(text).unwrap().rows(&Limits::default());
        assert_eq!((rows("7"), rows("250"), rows("251")), (7, 250, 250));
        assert_eq!(rows("99999999999999999999999999"), 250);
        assert_eq!(Limit::default().rows(&Limits::default()), 50);
        for bad in ["0", "-1", "ten", "", "1.5", "+3"] {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cursor_comes_back_as_the_store_gave_it() {
        let shown = serde_json::to_value(Cursor("12/ä".into())).unwrap();
        assert_eq!(serde_json::from_value::<Cursor>(shown).unwrap(), Cursor("12/ä".into()));
        assert!(serde_json::from_value::<Cursor>(json!("not a cursor!")).is_err());
    }
}
