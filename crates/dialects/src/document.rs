//! An endpoint's document for the use cases (DESIGN 4.2 "Body of an endpoint"), made from what a document's fields say.

use serde::Serialize;
use serde_json::{Map, Value};

/// The fields that were given, under our names.
#[derive(Debug, Default)]
pub(crate) struct Document(Map<String, Value>);

impl Document {
    /// With a field, if it was given.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, given: Option<impl Serialize>) -> Self {
        let value = given.and_then(|given| serde_json::to_value(given).ok());
        if let Some(value) = value.filter(|value| !value.is_null()) {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    /// For the use case.
    pub(crate) fn fields(self) -> Map<String, Value> {
        self.0
    }
}
