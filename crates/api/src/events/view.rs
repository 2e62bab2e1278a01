//! Events as the native API shows them.

use postrider_engine::{Engine, ProjectContext};
use postrider_model::time::Millis;
use postrider_service::event::FoundEvent;
use postrider_service::{ServiceError, ids};
use postrider_store::EventSummary;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::deliveries::view::DeliveryOut;

/// An event in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventSummary)]
pub struct EventOut {
    /// Its id.
    id: String,
    /// For whom.
    tenant: String,
    /// Its type.
    #[serde(rename = "type")]
    kind: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    timestamp: Millis,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    accepted_at: Millis,
    /// Not sent before.
    #[schema(value_type = Option<String>, format = DateTime)]
    deliver_at: Option<Millis>,
    /// How many deliveries it has.
    delivery_count: u32,
    /// Whether it is a test send.
    test: bool,
    /// Whether it is a notice of ours about an endpoint.
    notice: bool,
}

/// An event with its payload and its deliveries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventWithDeliveries)]
pub struct EventDetailOut {
    #[serde(flatten)]
    event: EventOut,
    /// What happened, as it was sent; `null` once erased.
    #[schema(value_type = Option<Object>)]
    data: Option<Box<RawValue>>,
    /// What changed.
    #[schema(value_type = Option<Object>)]
    changes: Option<Box<RawValue>>,
    /// Its attributes.
    #[schema(value_type = Option<Object>)]
    attributes: Option<Box<RawValue>>,
    /// Its ordering key.
    ordering_key: Option<String>,
    /// Its deliveries, at most 250; `GET /v1/deliveries` lists all.
    deliveries: Vec<DeliveryOut>,
}

impl EventOut {
    /// An event with the public ids of its project.
    pub fn new(engine: &Engine, context: &ProjectContext, summary: EventSummary) -> Self {
        Self {
            id: ids::show_event(engine, context, summary.ordinal),
            tenant: summary.tenant,
            kind: summary.kind,
            timestamp: summary.timestamp,
            accepted_at: summary.accepted_at,
            deliver_at: summary.deliver_at,
            delivery_count: summary.deliveries,
            test: summary.flags.test,
            notice: summary.flags.notice,
        }
    }
}

impl EventDetailOut {
    /// An event with everything.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] if what is stored is not JSON.
    pub fn new(engine: &Engine, found: FoundEvent) -> Result<Self, ServiceError> {
        let FoundEvent { detail, context } = found;
        let deliveries = detail.deliveries.into_iter().map(|row| DeliveryOut::new(engine, &context, row));
        Ok(Self {
            data: detail.data.as_deref().map(raw).transpose()?,
            changes: detail.changes.as_deref().map(raw).transpose()?,
            attributes: detail.attributes.as_deref().map(raw).transpose()?,
            ordering_key: detail.ordering_key,
            deliveries: deliveries.collect(),
            event: EventOut::new(engine, &context, detail.summary),
        })
    }
}

fn raw(json: &[u8]) -> Result<Box<RawValue>, ServiceError> {
    serde_json::from_slice(json)
        .map_err(|error| ServiceError::Internal(format!("a stored event is not JSON: {error}")))
}
