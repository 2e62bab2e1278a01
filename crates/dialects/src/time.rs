//! Times in the precision of a document's examples (DESIGN 4.4).

use postrider_model::time::Millis;
use serde::{Serialize, Serializer};

/// An instant with whole seconds: `2026-03-26T10:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seconds(pub(crate) Millis);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.rfc3339_seconds())
    }
}
