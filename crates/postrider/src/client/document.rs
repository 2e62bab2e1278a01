//! A JSON document as it came.

use std::fmt;

use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A document: its text as it came, and what is in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document {
    text: String,
    value: Value,
}

/// Reads a document.
///
/// # Errors
/// When it is no JSON.
pub(crate) fn document(text: &str) -> serde_json::Result<Document> {
    let value = serde_json::from_str(text)?;
    // Within JSON a line break can only be space between tokens.
    Ok(Document { text: text.trim().replace(['\n', '\r'], " "), value })
}

impl Document {
    /// Its text, one line.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What is in it.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// A field that is a text, empty where it is none.
    pub(crate) fn str(&self, field: &str) -> &str {
        self.value[field].as_str().unwrap_or_default()
    }
}

impl From<Box<RawValue>> for Document {
    fn from(raw: Box<RawValue>) -> Self {
        // What is a raw value was read as JSON before.
        document(raw.get()).unwrap_or_else(|error| Self::from(&json!({"unreadable": error.to_string()})))
    }
}

impl From<&Value> for Document {
    fn from(value: &Value) -> Self {
        Self { text: value.to_string(), value: value.clone() }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_keeps_its_text_on_one_line() {
        let read = document("{\"a\": 1.50,\r\n \"b\": \"x\\ny\"}\n").unwrap();
        assert_eq!(read.text(), "{\"a\": 1.50,   \"b\": \"x\\ny\"}");
        assert_eq!(read.str("b"), "x\ny");
        assert!(document("{").is_err());
    }
}
