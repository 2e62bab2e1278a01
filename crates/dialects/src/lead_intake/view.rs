//! A subscription as the document shows it. Times have milliseconds, as in its examples.

use postrider_model::time::Millis;
use postrider_service::endpoint::FoundEndpoint;
use serde::Serialize;

/// How much of a signing secret is public: `whsec_` and six more (`whsec_a1b2c3`).
const PREFIX_CHARS: usize = 12;

/// What every answer but those to delete and rotate holds.
#[derive(Debug, Serialize)]
pub(crate) struct Common {
    id: String,
    url: String,
    events: Vec<String>,
    description: Option<String>,
    signing_secret_prefix: Option<String>,
    enabled: bool,
    created_at: Millis,
}

/// As the list and the answer to a single GET show it.
#[derive(Debug, Serialize)]
pub(crate) struct Subscription {
    #[serde(flatten)]
    common: Common,
    /// The start of the latest attempt (DESIGN 4.4).
    last_delivery_at: Option<Millis>,
    /// Its response's status.
    last_delivery_status: Option<u16>,
}

/// The public part of a secret.
pub(crate) fn prefix_of(secret: &str) -> String {
    secret.chars().take(PREFIX_CHARS).collect()
}

impl From<&FoundEndpoint> for Common {
    fn from(found: &FoundEndpoint) -> Self {
        let endpoint = &found.endpoint;
        // Newest first: the one in force.
        let secret = found.secrets.secrets.first();
        Self {
            id: found.public_id(),
            url: endpoint.config.url.clone(),
            events: endpoint.config.event_types.clone(),
            description: endpoint.config.description.clone(),
            signing_secret_prefix: secret.map(|secret| prefix_of(&secret.value)),
            enabled: endpoint.enabled,
            created_at: endpoint.created_at,
        }
    }
}

impl From<FoundEndpoint> for Subscription {
    fn from(found: FoundEndpoint) -> Self {
        Self {
            common: Common::from(&found),
            last_delivery_at: found.endpoint.last_attempt_at,
            last_delivery_status: found.endpoint.last_status,
        }
    }
}
