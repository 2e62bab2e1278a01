//! A webhook endpoint as the document shows it.

use postrider_service::endpoint::FoundEndpoint;
use serde::Serialize;

use crate::time::Seconds;

/// Every object of the document is inside `data`.
#[derive(Debug, Serialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

/// An endpoint.
#[derive(Debug, Serialize)]
pub(crate) struct Webhook {
    id: String,
    url: String,
    description: Option<String>,
    event_types: Vec<String>,
    enabled: bool,
    created_at: Seconds,
}

impl From<FoundEndpoint> for Webhook {
    fn from(found: FoundEndpoint) -> Self {
        let id = found.public_id();
        let endpoint = found.endpoint;
        Self {
            id,
            url: endpoint.config.url,
            description: endpoint.config.description,
            event_types: endpoint.config.event_types,
            enabled: endpoint.enabled,
            created_at: Seconds(endpoint.created_at),
        }
    }
}
