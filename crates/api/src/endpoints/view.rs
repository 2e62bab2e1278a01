//! An endpoint as the native API shows it.

use postrider_model::endpoint::{
    BatchSetting, DisabledReason, Ordering, RateLimit, RetrySetting, SignatureKind,
};
use postrider_model::time::Millis;
use postrider_service::endpoint::{FoundEndpoint, shown_header};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An endpoint. A setting that is `null` follows the project's settings, then the contract.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Endpoint)]
pub struct EndpointOut {
    /// Its id, in the form of the project's contract.
    pub id: String,
    /// Its tenant.
    pub tenant: String,
    /// Where its events go.
    pub url: String,
    /// A short name for people.
    pub name: Option<String>,
    /// What it is for, for people.
    pub description: Option<String>,
    /// Type patterns; empty means every type.
    pub event_types: Vec<String>,
    /// The filter on top of the types.
    pub filter: Option<Value>,
    /// Whether it gets events.
    pub enabled: bool,
    /// Since when it does not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub disabled_at: Option<Millis>,
    /// Why not: `manual`, `gone` (it answered 410) or `failures`.
    #[schema(value_type = Option<String>)]
    pub disabled_reason: Option<DisabledReason>,
    /// Custom headers; a sensitive value is shown as `***`, which a PATCH may send back to keep it.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub headers: Map<String, Value>,
    /// How its requests are signed: `hmac` or `ed25519`.
    #[schema(value_type = String)]
    pub signature: SignatureKind,
    /// Its own ceiling of requests per second.
    #[schema(value_type = Option<Object>)]
    pub rate_limit: Option<RateLimit>,
    /// Whether several events travel in one request.
    #[schema(value_type = Option<Object>)]
    pub batch: Option<BatchSetting>,
    /// What keeps the order of acceptance: `none`, `key` or `endpoint`.
    #[schema(value_type = String)]
    pub ordering: Ordering,
    /// The most attempts in flight at once.
    pub max_in_flight: Option<u32>,
    /// Deadline of one attempt.
    pub timeout_seconds: Option<f64>,
    /// Its own retry timetable.
    #[schema(value_type = Option<Object>)]
    pub retry: Option<RetrySetting>,
    /// What the product wants to remember of it.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// Failures since the last success.
    pub failure_count: u32,
    /// When the streak of failures began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Millis>,
    /// The last success.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_success_at: Option<Millis>,
    /// Start of the last attempt.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_attempt_at: Option<Millis>,
    /// Its response's status.
    pub last_status: Option<u16>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
    /// Counted up with every change by people; a PATCH may send it back in `If-Match`.
    pub revision: u64,
    /// What requests are verified with: in the answer to its making only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub secret: Option<String>,
}

impl From<FoundEndpoint> for EndpointOut {
    fn from(found: FoundEndpoint) -> Self {
        let id = found.public_id();
        let shown = |(name, value): &(String, String)| (name.clone(), Value::from(shown_header(name, value)));
        let headers = found.secrets.headers.iter().map(shown).collect();
        // Without its own word an endpoint keeps the order of its contract.
        let ordering = found.endpoint.config.ordering.unwrap_or(found.context.contract.delivery.ordering);
        let endpoint = found.endpoint;
        let config = endpoint.config;
        Self {
            id,
            tenant: endpoint.tenant_id,
            url: config.url,
            name: config.name,
            description: config.description,
            event_types: config.event_types,
            filter: config.filter,
            enabled: endpoint.enabled,
            disabled_at: endpoint.disabled_at,
            disabled_reason: endpoint.disabled_reason,
            headers,
            signature: config.signature,
            rate_limit: config.rate_limit,
            batch: config.batch,
            ordering,
            max_in_flight: config.max_in_flight,
            timeout_seconds: config.timeout_seconds,
            retry: config.retry,
            metadata: config.metadata,
            failure_count: endpoint.failure_count,
            failing_since: endpoint.failing_since,
            last_success_at: endpoint.last_success_at,
            last_attempt_at: endpoint.last_attempt_at,
            last_status: endpoint.last_status,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
            revision: endpoint.revision,
            secret: None,
        }
    }
}

/// What a request may say of an endpoint. In a PATCH a field that is not there stays, and `null` takes it back to its
/// default (RFC 7396).
#[derive(Debug, ToSchema)]
#[schema(as = EndpointBody)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document; the rules read it as JSON")]
pub struct EndpointIn {
    /// Where its events go. Needed to make one.
    #[schema(example = "https://hooks.example.com/in")]
    url: String,
    /// A short name for people.
    name: Option<String>,
    /// What it is for, for people.
    description: Option<String>,
    /// Type patterns; empty means every type.
    #[schema(example = json!(["contact.*"]))]
    event_types: Option<Vec<String>>,
    /// An object shaped like the event, with operators where a value is compared.
    #[schema(value_type = Option<Object>, example = json!({"data": {"amount": {"$gt": 50000}}}))]
    filter: Option<Value>,
    /// Whether it gets events; `true` if not said.
    enabled: Option<bool>,
    /// Custom headers.
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    headers: Option<Map<String, Value>>,
    /// The signing secret, where the contract lets it be given. Not in a PATCH: it is changed by rotate-secret.
    secret: Option<String>,
    /// `hmac` or `ed25519`.
    signature: Option<String>,
    /// `{"per_second": 10}`.
    #[schema(value_type = Option<Object>, example = json!({"per_second": 10}))]
    rate_limit: Option<RateLimit>,
    /// `{"max_size": 100, "max_wait_seconds": 5}`.
    #[schema(value_type = Option<Object>, example = json!({"max_size": 100, "max_wait_seconds": 5}))]
    batch: Option<BatchSetting>,
    /// `none`, `key` or `endpoint`.
    ordering: Option<String>,
    /// The most attempts in flight at once.
    max_in_flight: Option<u32>,
    /// Deadline of one attempt. Not with a tenant's key.
    timeout_seconds: Option<f64>,
    /// `{"schedule_seconds": [5, 300]}`. Not with a tenant's key.
    #[schema(value_type = Option<Object>, example = json!({"schedule_seconds": [5, 300]}))]
    retry: Option<RetrySetting>,
    /// What the product wants to remember of it.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}
