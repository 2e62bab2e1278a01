//! JSON as bytes: whole grammar and bounds checked without building a tree, values found by their path.
//!
//! `data` travels as the bytes that came (DESIGN 2.1), so nothing downstream would notice a lone surrogate or a million
//! open brackets: the scanner here does, once, when an event is accepted.

mod find;
mod place;
mod scan;
mod stack;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod view;

pub use find::{at_path, key_text};
pub use scan::check;
pub use tree::tree;
#[cfg(test)]
pub(crate) use view::tests::texts;
pub use view::{Members, View, view};

/// What is wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// It ends in the middle of a value.
    #[error("the JSON ends too early")]
    End,
    /// A byte that the grammar does not allow there.
    #[error("unexpected character")]
    Unexpected,
    /// Something follows the value.
    #[error("something follows the JSON value")]
    Trailing,
    /// More brackets are open than the limit allows.
    #[error("the JSON is nested too deeply")]
    TooDeep,
    /// Bytes that are not UTF-8.
    #[error("the text is not UTF-8")]
    Utf8,
    /// A character below U+0020 within a string.
    #[error("a control character within a string must be escaped")]
    Control,
    /// A backslash with something unknown behind it.
    #[error("unknown escape sequence")]
    Escape,
    /// Half of a surrogate pair: it stands for no character.
    #[error("a lone surrogate stands for no character")]
    Surrogate,
    /// A number with a leading zero, or without digits where some must be.
    #[error("malformed number")]
    Number,
    /// A number that no double comes near: a filter or schema could not look at it.
    #[error("the number is too large to compare: at most about 1.8e308")]
    Range,
}

/// The first thing that is wrong with a JSON text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct JsonFault {
    /// What is wrong.
    pub kind: FaultKind,
    /// How many bytes lie before it.
    pub offset: usize,
    /// The JSON Pointer (RFC 6901) of the value it lies in, from the root of this text.
    pub pointer: String,
}
