//! Which events an endpoint wants, beyond their type (DESIGN 4.2 "Filter", 4.4).
//!
//! A filter is a JSON object shaped like the event: `type`, `timestamp`, `tenant`, `data`, `changes`, `attributes`. Each
//! member must hold. Under a name stands
//!
//! - a string, number, boolean or null: the field equals it;
//! - an object: of fields, operators, or both, which must all hold;
//! - a list: each of its members must hold (so `"tags": ["a", "b"]` asks for both).
//!
//! Against a list in the event an operator holds if it holds for one of its elements, and fields must all be found in
//! one and the same element. `$or`, `$and` and `$not` join answers and look at the whole value: `{"tags": {"$not": "a"}}`
//! holds where no element is `a`, `{"tags": {"$neq": "a"}}` where one is something else. A missing field matches nothing
//! but `$exist: false`, whatever stands around the operator under its name; a `$not` around an object that names the
//! field turns that answer round. Numbers and strings are never equal; numbers are compared by value: `1` is `1.0`.

mod compare;
mod condition;
mod parse;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use self::condition::Condition;
use crate::json::View;

/// The most brackets within brackets of a filter.
pub const MAX_DEPTH: usize = 32;
/// The most conditions and operands of a filter.
pub const MAX_NODES: usize = 1_000;
/// The most bytes of all names and strings of a filter.
pub const MAX_TEXT_BYTES: usize = 16 * 1024;

/// A checked filter.
#[derive(Clone, Debug)]
pub struct Filter {
    source: Value,
    root: Condition,
    needs: Needs,
}

/// Why a filter is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct FilterError {
    /// The place, as a JSON Pointer (RFC 6901) from the filter's root.
    pub pointer: String,
    /// What is wrong there, a clause for people.
    pub detail: String,
}

/// Which parts of an event a filter looks at, beside `type` and `tenant`: the others need not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// It looks at `timestamp`.
    pub timestamp: bool,
    /// It looks at `data`.
    pub data: bool,
    /// It looks at `changes`.
    pub changes: bool,
    /// It looks at `attributes`.
    pub attributes: bool,
}

impl Needs {
    /// What either of two filters needs.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            timestamp: self.timestamp || other.timestamp,
            data: self.data || other.data,
            changes: self.changes || other.changes,
            attributes: self.attributes || other.attributes,
        }
    }
}

impl Filter {
    /// Reads a filter. An empty object is a filter that every event passes.
    ///
    /// # Errors
    /// [`FilterError`] names the first place where it is wrong: an operator there is none of, an operand of the wrong type,
    /// a field that events do not have, or one of the limits of this module.
    pub fn parse(filter: &Value) -> Result<Self, FilterError> {
        let root = parse::parse(filter)?;
        Ok(Self { source: filter.clone(), needs: root.needs(), root })
    }

    /// Whether an event passes. It is an object of `type`, `timestamp`, `tenant`, `data`, `changes`, `attributes`, of which
    /// those that [`Filter::needs`] does not name may be left out.
    pub fn matches(&self, event: &View<'_>) -> bool {
        self.root.holds_for(event)
    }

    /// Which parts of an event it looks at.
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// The JSON it was read from.
    pub fn source(&self) -> &Value {
        &self.source
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.source.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = Value::deserialize(deserializer)?;
        Self::parse(&source).map_err(|error| D::Error::custom(format!("{}: {}", error.pointer, error.detail)))
    }
}
