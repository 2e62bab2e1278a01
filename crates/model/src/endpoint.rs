//! What a tenant says of an endpoint (DESIGN 4.2), as the stores keep it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::time::Millis;

/// The settings of an endpoint that are not secret. What is `None` follows the project, then the contract (DESIGN 4.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointConfig {
    /// Where its events go, as given.
    pub url: String,
    /// A short name for people.
    pub name: Option<String>,
    /// What it is for, for people.
    pub description: Option<String>,
    /// Type patterns; empty means every type.
    pub event_types: Vec<String>,
    /// The filter in our own grammar (DESIGN 4.2 "Filter").
    pub filter: Option<Value>,
    /// How its requests are signed.
    pub signature: SignatureKind,
    /// Its own ceiling of requests per second.
    pub rate_limit: Option<RateLimit>,
    /// Whether several events travel in one request.
    pub batch: Option<BatchSetting>,
    /// What keeps its order.
    pub ordering: Option<Ordering>,
    /// The most attempts in flight at once.
    pub max_in_flight: Option<u32>,
    /// Deadline of one attempt, in seconds.
    pub timeout_seconds: Option<f64>,
    /// Its own retry timetable.
    pub retry: Option<RetrySetting>,
    /// What the product wants to remember of it.
    pub metadata: Map<String, Value>,
    /// What a dialect keeps to show a documented field as it was given (for example its own filter grammar).
    pub dialect: Option<Value>,
}

/// The signature scheme where a contract offers a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureKind {
    /// A shared secret (`v1` under Standard Webhooks).
    #[default]
    Hmac,
    /// A key pair (`v1a` under Standard Webhooks).
    Ed25519,
}

/// Requests per second, with a burst of one second's worth (DESIGN 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests per second.
    pub per_second: f64,
}

/// How events are gathered into one request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchSetting {
    /// The most events in one request.
    pub max_size: u32,
    /// The longest a first event waits for others, in seconds.
    pub max_wait_seconds: f64,
}

/// What keeps the order of acceptance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ordering {
    /// Nothing: each delivery stands alone.
    #[default]
    None,
    /// Deliveries with the same ordering key.
    Key,
    /// All deliveries of the endpoint.
    Endpoint,
}

/// A retry timetable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrySetting {
    /// Seconds from each failed attempt to the next one's earliest time.
    pub schedule_seconds: Vec<f64>,
}

/// What of an endpoint is sealed at rest: signing secrets and the values of its custom headers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSecrets {
    /// Signing secrets, newest first.
    pub secrets: Vec<EndpointSecret>,
    /// Custom headers, in the order given.
    pub headers: Vec<(String, String)>,
}

/// A signing secret and until when it signs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSecret {
    /// The secret in the form its owner holds it.
    pub value: String,
    /// When it was given or made.
    pub created_at: Millis,
    /// After this it no longer signs; `None` for the current one.
    pub expires_at: Option<Millis>,
}

impl std::fmt::Debug for EndpointSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EndpointSecret").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Why an endpoint is disabled (DESIGN 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DisabledReason {
    /// Somebody disabled it.
    Manual,
    /// It answered that it is gone (410).
    Gone,
    /// Its failures met the contract's rule.
    Failures,
}

impl DisabledReason {
    /// The number the stores keep.
    pub fn code(self) -> i16 {
        match self {
            Self::Manual => 0,
            Self::Gone => 1,
            Self::Failures => 2,
        }
    }

    /// The inverse of [`DisabledReason::code`].
    pub fn from_code(code: impl Into<i64>) -> Option<Self> {
        let code = code.into();
        [Self::Manual, Self::Gone, Self::Failures].into_iter().find(|reason| i64::from(reason.code()) == code)
    }
}
