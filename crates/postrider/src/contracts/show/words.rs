//! A contract file in its own words: what the contract keeps only in compiled form.

use serde::Deserialize;

/// What `contract show` quotes. The file as a whole is checked by [`postrider_contract::Contract::parse`].
#[derive(Debug, Deserialize)]
pub(super) struct Words {
    pub(super) payload: Payload,
    #[serde(default)]
    pub(super) signature: Vec<Signature>,
    #[serde(default)]
    pub(super) header: Vec<Header>,
}

/// `[payload]`.
#[derive(Debug, Deserialize)]
pub(super) struct Payload {
    #[serde(default)]
    pub(super) fields: Vec<String>,
    pub(super) batch_field: Option<String>,
}

/// `[[signature]]`.
#[derive(Debug, Deserialize)]
pub(super) struct Signature {
    pub(super) header: String,
    pub(super) content: String,
    pub(super) value: String,
    pub(super) key: String,
    pub(super) before: Option<String>,
    pub(super) joined: Option<toml::Value>,
}

/// `[[header]]`.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) value: String,
}

impl Words {
    /// Reads a file.
    pub(super) fn read(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

/// The sources of a field of the body, for people.
pub(super) const SOURCES: [(&str, &str); 7] = [
    ("event.id", "the event's id: the same for every endpoint and every attempt"),
    ("event.type", "the event's type"),
    ("event.timestamp", "when it happened"),
    ("event.tenant", "the customer it belongs to"),
    ("event.data", "what happened, byte for byte as the product sent it"),
    ("event.changes", "what changed, as the product sent it"),
    ("event.attributes", "the event's attributes"),
];
