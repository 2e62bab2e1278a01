//! A text as filters look at it: names and strings are slices of it, and nothing is hashed.

#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::JsonFault;
use super::tree::fault;

/// From this many members on an object is kept in order of its names; fewer are looked through one by one.
const MANY: usize = 17;

/// A JSON value that borrows from its text.
#[derive(Clone, Debug)]
pub enum View<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// In the range of a double.
    Number(Number),
    /// A copy only where it has escapes.
    String(Cow<'a, str>),
    /// A list.
    List(Vec<View<'a>>),
    /// An object.
    Object(Members<'a>),
}

/// An object's members. Of those with the same name the last counts; the others may still be there.
#[derive(Clone, Debug, Default)]
pub struct Members<'a>(Vec<(Cow<'a, str>, View<'a>)>);

/// Reads a text into a view of it. The grammar allows numbers of any size; a view holds those in the range of a double.
///
/// # Errors
/// As [`tree`](super::tree()) has them.
pub fn view(bytes: &[u8]) -> Result<View<'_>, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| fault(bytes))?;
    serde_json::from_str(text).map_err(|_| fault(bytes))
}

impl<'a> View<'a> {
    /// The characters, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members, if it is an object.
    pub fn as_object(&self) -> Option<&Members<'a>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }
}

impl<'a> Members<'a> {
    /// The value of the last member of this name.
    pub fn get(&self, name: &str) -> Option<&View<'a>> {
        if self.0.len() < MANY {
            return self.0.iter().rev().find(|(one, _)| one == name).map(|(_, value)| value);
        }
        let behind = self.0.partition_point(|(one, _)| **one <= *name);
        let (one, value) = self.0.get(behind.checked_sub(1)?)?;
        (one == name).then_some(value)
    }

    /// Their names, one given twice perhaps twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    /// Puts many in order. The sort is stable: the last of a name stays the last.
    fn arrange(&mut self) {
        if self.0.len() >= MANY {
            self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
    }
}

impl<'a> Extend<(Cow<'a, str>, View<'a>)> for Members<'a> {
    fn extend<T: IntoIterator<Item = (Cow<'a, str>, View<'a>)>>(&mut self, members: T) {
        self.0.extend(members);
        self.arrange();
    }
}

impl<'de> Deserialize<'de> for View<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Makes the view of whatever value comes.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = View<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(View::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(View::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(View::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(View::Number(value.into()))
    }

    /// A JSON number is always finite.
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(value).map_or(View::Null, View::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(View::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(View::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(View::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some((Name(name), value)) = object.next_entry()? {
            members.0.push((name, value));
        }
        members.arrange();
        Ok(View::Object(members))
    }
}

/// A member's name, borrowed where it can be.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameReader)
    }
}

struct NameReader;

impl<'de> Visitor<'de> for NameReader {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}
