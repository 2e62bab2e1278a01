//! Cancels a delivery that is pending or held.

use postrider_engine::Engine;
use postrider_model::delivery::DeliveryKey;
use postrider_store::ChangeOutcome;
use serde_json::json;

use super::{FindDelivery, FoundDelivery};
use crate::{Caller, ServiceError, ids};

/// A delivery to cancel.
#[derive(Debug)]
pub struct CancelDelivery<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The event's public id.
    pub event: &'a str,
    /// The endpoint's public id.
    pub endpoint: &'a str,
}

impl CancelDelivery<'_> {
    /// Cancels it and returns it as it is then. An attempt in flight finishes; if it succeeds the delivery is delivered.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] if it has ended already; [`ServiceError::NotFound`].
    pub async fn run(self, engine: &Engine) -> Result<FoundDelivery, ServiceError> {
        let Self { caller, event, endpoint } = self;
        let found = FindDelivery { caller, event, endpoint }.run(engine).await?;
        let summary = &found.detail.summary;
        let key = DeliveryKey { event: summary.event, endpoint: summary.endpoint };
        match engine.cancel(key).await? {
            // The last two are never the answer to a cancel.
            ChangeOutcome::Done { .. }
            | ChangeOutcome::Parked
            | ChangeOutcome::EndpointDisabled
            | ChangeOutcome::ReplayOver => {}
            ChangeOutcome::Refused(state) => {
                let detail = format!("The delivery is {} already.", state.name());
                return Err(ServiceError::conflict("conflict", detail));
            }
            ChangeOutcome::Missing => return Err(ServiceError::NotFound("delivery")),
            ChangeOutcome::Unreadable => {
                return Err(ServiceError::Internal("the delivery's row cannot be read".to_owned()));
            }
        }
        let detail = json!({ "endpoint": ids::show_endpoint(&found.context, summary.endpoint_id) });
        let (tenant, target) = (Some(summary.tenant.as_str()), event.to_owned());
        engine
            .store()
            .note(caller.audit("delivery.cancel", tenant, target, detail, engine.clock().now()))
            .await?;
        FindDelivery { caller, event, endpoint }.run(engine).await
    }
}
