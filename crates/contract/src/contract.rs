//! The contract: what a customer sees of a webhook system, as data (DESIGN 4.3).

use std::time::Duration;

use http::HeaderName;
use postrider_model::endpoint::{Ordering, SignatureKind};
use postrider_model::health::DisableRule;
use postrider_model::id::IdForm;
use serde_json::Value;

use crate::envelope::Envelope;
use crate::notice::Notice;
use crate::sign::{ExtraHeader, KeyForm, SignatureHeader};
use crate::status::{RetryOn, StatusSet};

/// A contract, read and checked. It never changes; share it in an `Arc`.
#[derive(Debug)]
pub struct Contract {
    /// How projects name it.
    pub name: String,
    /// How people name it.
    pub title: String,
    /// Whose documented routes answer; `none` has the native API only.
    pub dialect: String,
    /// Which event types are accepted.
    pub catalogue: Catalogue,
    /// What an endpoint may be.
    pub endpoint: EndpointTerms,
    /// How deliveries are made; the default of what projects and endpoints may change.
    pub delivery: DeliveryTerms,
    /// When an endpoint is disabled, and who is told.
    pub health: HealthTerms,
    /// Limits per tenant.
    pub limits: Limits,
    /// The types in the catalogue from the start.
    pub event_types: Vec<EventType>,
    pub(crate) envelope: Envelope,
    pub(crate) signatures: Vec<SignatureHeader>,
    pub(crate) headers: Vec<ExtraHeader>,
}

/// Whether undeclared event types are accepted (DESIGN 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Catalogue {
    /// Undeclared types are accepted too.
    Open,
    /// An event or a subscription of an undeclared type is refused.
    Closed,
}

/// `[endpoint]`: what an endpoint may be, on every surface.
#[derive(Debug, Clone)]
pub struct EndpointTerms {
    /// How its public id looks.
    pub id: IdForm,
    /// Where its signing secret comes from; `None` where there is none.
    pub secret: Option<SecretTerms>,
    /// Whether it may ask for `contact.*`.
    pub wildcards: bool,
    /// Whether it may have custom headers.
    pub headers: bool,
    /// The filter grammar of the dialect's routes; `native` is ours.
    pub filter: String,
    /// Attributes of events that pages offer to filter by, beside free filters.
    pub filter_fields: Vec<FilterField>,
    /// The bounds of its batches; `None` where each event travels alone.
    pub batch: Option<Batch>,
}

/// An attribute of events that an endpoint is often filtered by: a field on pages, where several values may be entered.
/// It becomes `{"attributes": {NAME: {"$in": […]}}}` of the endpoint's filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterField {
    /// What the field is called, for people.
    pub title: String,
    /// The name of the attribute.
    pub attribute: String,
    /// What to enter, for people.
    pub hint: Option<String>,
}

/// Where signing secrets come from and what they look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretTerms {
    /// Who chooses it.
    pub source: SecretSource,
    /// What a generated secret begins with; given ones too where the key is the base64 after it.
    pub prefix: String,
    /// Random bytes in a generated secret.
    pub bytes: usize,
    /// Whether it can be read back after the answer that first showed it.
    pub retrievable: bool,
}

/// Who chooses an endpoint's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretSource {
    /// The customer, who may also do without: then nothing is signed.
    Given,
    /// The customer, or we.
    GivenOrGenerated,
    /// We alone.
    Generated,
}

/// How events are gathered: bounds in a contract, the values in force in a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The most events in one request.
    pub max_size: u32,
    /// The longest a first event waits for others.
    pub max_wait: Duration,
}

/// `[delivery]`: how deliveries are made.
#[derive(Debug, Clone)]
pub struct DeliveryTerms {
    /// The deadline of one attempt.
    pub timeout: Duration,
    /// The statuses that are a success.
    pub success: StatusSet,
    /// What is tried again.
    pub retry_on: RetryOn,
    /// From each failed attempt to the next one's earliest time; empty for a single attempt.
    pub schedule: Vec<Duration>,
    /// The most added to a step, as a fraction of it.
    pub jitter: f64,
    /// Requests per second: default and ceiling.
    pub per_second: Option<f64>,
    /// Requests per second of an endpoint that gets batches: default and ceiling.
    pub batches_per_second: Option<f64>,
    /// What keeps its order unless the endpoint says otherwise.
    pub ordering: Ordering,
    /// Where in the event its ordering key stands, if it was given none (`data.call_id`): the first that is
    /// present counts. Each begins with `data.` or `attributes.`.
    pub ordering_paths: Vec<String>,
    /// Whether a receiver's `Retry-After` is heeded.
    pub retry_after: bool,
    /// The statuses that disable the endpoint at once.
    pub disable_on: Vec<u16>,
    /// The statuses that narrow the endpoint's window.
    pub slow_on: Vec<u16>,
    /// Whether the endpoint has a breaker (DESIGN 2.3).
    pub breaker: bool,
}

/// `[health]`: when an endpoint is disabled by itself.
#[derive(Debug, Clone)]
pub struct HealthTerms {
    /// The rule.
    pub disable: DisableRule,
    /// What the tenant's other endpoints are told of it.
    pub notice: Option<Notice>,
}

/// `[limits]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// The most enabled endpoints of a tenant in one mode; `None` for no limit.
    pub active_endpoints_per_tenant: Option<u32>,
}

/// `[[event_type]]`: a type that is in the catalogue from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType {
    /// Its name.
    pub name: String,
    /// What it tells, for people.
    pub description: Option<String>,
    /// An example of an event's `data`: what test sends carry.
    pub example: Option<Value>,
}

impl Contract {
    /// How projects name it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which event types are accepted.
    pub fn catalogue(&self) -> Catalogue {
        self.catalogue
    }

    /// The types in the catalogue from the start.
    pub fn event_types(&self) -> &[EventType] {
        &self.event_types
    }

    /// What keeps its order unless the endpoint says otherwise.
    pub fn default_ordering(&self) -> Ordering {
        self.delivery.ordering
    }

    /// Where in an event its ordering key stands, if it was given none.
    pub fn ordering_paths(&self) -> &[String] {
        &self.delivery.ordering_paths
    }

    /// The most enabled endpoints of a tenant in one mode; `None` for no limit.
    pub fn active_endpoint_limit(&self) -> Option<u32> {
        self.limits.active_endpoints_per_tenant
    }

    /// How the ids of events look outside.
    pub fn event_id_form(&self) -> &IdForm {
        &self.envelope.event_id
    }

    /// How the ids of endpoints look outside.
    pub fn endpoint_id_form(&self) -> &IdForm {
        &self.endpoint.id
    }

    /// The statuses that are a success.
    pub fn success_statuses(&self) -> StatusSet {
        self.delivery.success
    }

    /// Whether undeclared event types are accepted.
    pub fn is_open(&self) -> bool {
        self.catalogue == Catalogue::Open
    }

    /// Whether requests are signed (where the endpoint has a secret).
    pub fn is_signed(&self) -> bool {
        !self.signatures.is_empty()
    }

    /// The headers with signatures: every one of them must be there and hold a good one.
    pub fn signature_headers(&self) -> &[SignatureHeader] {
        &self.signatures
    }

    /// The other headers that the contract sets.
    pub fn extra_headers(&self) -> &[ExtraHeader] {
        &self.headers
    }

    /// Whether an endpoint may choose this kind of signature.
    pub fn offers(&self, kind: SignatureKind) -> bool {
        self.key_forms().any(|form| (form == KeyForm::Ed25519) == (kind == SignatureKind::Ed25519))
    }

    /// Whether an old and a new secret can sign one request; where not, a rotation with an overlap is refused
    /// (DESIGN 4.4).
    pub fn secrets_overlap(&self) -> bool {
        !self.signatures.is_empty() && self.signatures.iter().all(|signature| signature.joined.is_some())
    }

    /// The headers that the contract sets: an endpoint's custom headers may not be among them.
    pub fn own_headers(&self) -> impl Iterator<Item = &HeaderName> {
        let signatures = self.signatures.iter().map(|signature| &signature.name);
        signatures.chain(self.headers.iter().map(|header| &header.name))
    }

    pub(crate) fn key_forms(&self) -> impl Iterator<Item = KeyForm> {
        self.signatures.iter().flat_map(|signature| signature.schemes.iter().map(|scheme| scheme.key))
    }
}
