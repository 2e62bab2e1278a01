//! A subscription as the document shows it.

use postrider_service::endpoint::FoundEndpoint;
use serde::Serialize;

use crate::time::Seconds;

/// As the answer to its making shows it ("Subscribe to Events").
#[derive(Debug, Serialize)]
pub(crate) struct NewSubscription {
    id: String,
    url: String,
    events: Vec<String>,
    is_active: bool,
}

/// As the list shows it ("List Subscriptions").
#[derive(Debug, Serialize)]
pub(crate) struct Subscription {
    #[serde(flatten)]
    common: NewSubscription,
    failure_count: u32,
    /// The start of the latest attempt.
    last_triggered_at: Option<Seconds>,
}

impl From<FoundEndpoint> for NewSubscription {
    fn from(found: FoundEndpoint) -> Self {
        let id = found.public_id();
        let endpoint = found.endpoint;
        Self {
            id,
            url: endpoint.config.url,
            events: endpoint.config.event_types,
            is_active: endpoint.enabled,
        }
    }
}

impl From<FoundEndpoint> for Subscription {
    fn from(found: FoundEndpoint) -> Self {
        let failure_count = found.endpoint.failure_count;
        let last_triggered_at = found.endpoint.last_attempt_at.map(Seconds);
        Self { common: found.into(), failure_count, last_triggered_at }
    }
}
