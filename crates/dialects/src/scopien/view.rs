//! A webhook as the document shows it.

use postrider_service::endpoint::{FoundEndpoint, shown_header};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{batch, fields};
use crate::time::Seconds;

/// Every object of the document is inside `data`.
#[derive(Debug, Serialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

/// A webhook. What the examples do not show is left out where it is not set.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Webhook {
    id: String,
    url: String,
    events: Vec<String>,
    /// In the answer to its making only.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// `active` or `disabled`.
    status: &'static str,
    created_at: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// As it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    filters: Option<Value>,
    /// Sensitive values are not shown.
    #[serde(skip_serializing_if = "Map::is_empty")]
    headers: Map<String, Value>,
    #[serde(flatten)]
    batch: Option<batch::Shown>,
}

impl Webhook {
    /// As the answer to its making shows it: with the secret, without the description that was sent ("Via API").
    pub(crate) fn new(found: FoundEndpoint, secret: Option<String>) -> Self {
        Self { secret, description: None, ..found.into() }
    }
}

impl From<FoundEndpoint> for Webhook {
    fn from(found: FoundEndpoint) -> Self {
        let shown = |(name, value): &(String, String)| (name.clone(), Value::from(shown_header(name, value)));
        let headers = found.secrets.headers.iter().map(shown).collect();
        let (id, filters) = (found.public_id(), fields::filters_of(&found).cloned());
        let endpoint = found.endpoint;
        let config = endpoint.config;
        Self {
            id,
            url: config.url,
            events: events(config.event_types),
            secret: None,
            status: if endpoint.enabled { "active" } else { "disabled" },
            created_at: Seconds(endpoint.created_at),
            name: config.name,
            description: config.description,
            filters,
            headers,
            batch: config.batch.map(batch::Shown::from),
        }
    }
}

/// An empty list, which only the native API takes, means every type.
fn events(types: Vec<String>) -> Vec<String> {
    if types.is_empty() { vec!["*".to_owned()] } else { types }
}
