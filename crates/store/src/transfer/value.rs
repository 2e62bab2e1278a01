//! Values as two stores exchange them.

use serde::{Deserialize, Serialize};

/// A row, in the columns of its table.
pub type Row = Vec<Value>;
/// A place between the rows of a table; of meaning to its store only.
pub type Cursor = Vec<Value>;

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// None.
    Null,
    /// A number, a time in milliseconds, or a truth (0 or 1).
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes; a UUID as its sixteen.
    Bytes(Vec<u8>),
    /// Numbers.
    Ints(Vec<i64>),
}

impl Value {
    /// The number, if it is one.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The bytes, if it is some.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// About what it takes in memory.
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Null | Self::Int(_) => 0,
                Self::Text(text) => text.len(),
                Self::Bytes(bytes) => bytes.len(),
                Self::Ints(numbers) => numbers.len() * size_of::<i64>(),
            }
    }

    /// Appends the one form that a digest is made of.
    pub(super) fn encode(&self, into: &mut Vec<u8>) {
        let mut counted = |tag: u8, bytes: &[u8]| {
            into.push(tag);
            into.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            into.extend_from_slice(bytes);
        };
        match self {
            Self::Null => counted(0, &[]),
            Self::Int(number) => counted(1, &number.to_le_bytes()),
            Self::Text(text) => counted(2, text.as_bytes()),
            Self::Bytes(bytes) => counted(3, bytes),
            Self::Ints(numbers) => {
                let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                counted(4, &bytes);
            }
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Int(i64::from(truth))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<i64>> for Value {
    fn from(numbers: Vec<i64>) -> Self {
        Self::Ints(numbers)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
