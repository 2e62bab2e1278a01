//! Finds one delivery with its attempts.

use std::sync::Arc;

use postrider_engine::{Engine, ProjectContext};
use postrider_store::{DeliveryDetail, Endpoint};

use crate::{Caller, ServiceError, ids};

/// The delivery at `/v1/events/{event}/deliveries/{endpoint}`.
#[derive(Debug)]
pub struct FindDelivery<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The event's public id.
    pub event: &'a str,
    /// The endpoint's public id.
    pub endpoint: &'a str,
}

/// A delivery with what belongs to it.
#[derive(Debug)]
pub struct FoundDelivery {
    /// The delivery and its attempts.
    pub detail: DeliveryDetail,
    /// The endpoint as it is now; deleted ones too.
    pub endpoint: Option<Endpoint>,
    /// The project.
    pub context: Arc<ProjectContext>,
}

impl FindDelivery<'_> {
    /// Finds it. The history of a deleted endpoint stays until retention.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] if it is not there, another tenant's or of the other mode.
    pub async fn run(self, engine: &Engine) -> Result<FoundDelivery, ServiceError> {
        let context = engine.project(self.caller.project).await?;
        let event = ids::read_event(engine, &context, self.event)?;
        let id = ids::read_endpoint(&context, self.endpoint)?;
        let scope = self.caller.scope();
        let missing = ServiceError::NotFound("delivery");
        // A deleted endpoint is found too: its history stays.
        let endpoint = engine.store().endpoint(scope, id).await?.ok_or(missing.clone())?;
        let detail = engine.store().delivery_detail(scope, event, endpoint.key).await?.ok_or(missing)?;
        Ok(FoundDelivery { detail, endpoint: Some(endpoint), context })
    }
}
