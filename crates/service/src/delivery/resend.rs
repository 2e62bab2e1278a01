//! Sends a delivery again: the same event id, attempt numbers go on, the timetable anew (DESIGN 4.4).

use std::time::Duration;

use postrider_engine::Engine;
use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_store::ChangeOutcome;
use serde_json::json;

use super::{FindDelivery, FoundDelivery};
use crate::{Caller, ServiceError, ids};

const DAY: Duration = Duration::from_secs(86_400);

/// A delivery to send again.
#[derive(Debug)]
pub struct ResendDelivery<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The event's public id.
    pub event: &'a str,
    /// The endpoint's public id.
    pub endpoint: &'a str,
}

impl ResendDelivery<'_> {
    /// Reopens it and returns it as it is then.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] if it is pending or its endpoint is disabled or deleted; [`ServiceError::Gone`] after
    /// retention; [`ServiceError::NotFound`].
    pub async fn run(self, engine: &Engine) -> Result<FoundDelivery, ServiceError> {
        let Self { caller, event, endpoint } = self;
        let found = match (FindDelivery { caller, event, endpoint }).run(engine).await {
            Err(ServiceError::NotFound(what)) => return Err(self.missing(engine, what).await?),
            other => other?,
        };
        if found.endpoint.as_ref().is_none_or(|endpoint| endpoint.deleted_at.is_some()) {
            return Err(ServiceError::conflict("endpoint_disabled", "The endpoint was deleted."));
        }
        let summary = &found.detail.summary;
        let key = DeliveryKey { event: summary.event, endpoint: summary.endpoint };
        match engine.resend(key).await? {
            // A resend belongs to no replay.
            ChangeOutcome::Done { .. } | ChangeOutcome::Parked | ChangeOutcome::ReplayOver => {}
            ChangeOutcome::Refused(state) => return Err(refused(state)),
            ChangeOutcome::EndpointDisabled => {
                let detail = "The endpoint is disabled; enable it first.";
                return Err(ServiceError::conflict("endpoint_disabled", detail));
            }
            ChangeOutcome::Missing => return Err(gone()),
            ChangeOutcome::Unreadable => {
                return Err(ServiceError::Internal("the delivery's row cannot be read".to_owned()));
            }
        }
        let detail = json!({ "endpoint": ids::show_endpoint(&found.context, summary.endpoint_id) });
        let (tenant, target) = (Some(summary.tenant.as_str()), event.to_owned());
        engine
            .store()
            .note(caller.audit("delivery.resend", tenant, target, detail, engine.clock().now()))
            .await?;
        FindDelivery { caller, event, endpoint }.run(engine).await
    }

    /// 410 for an event of ours that is older than anything that is kept, else 404.
    async fn missing(&self, engine: &Engine, what: &'static str) -> Result<ServiceError, ServiceError> {
        let context = engine.project(self.caller.project).await?;
        let kept = DAY * u32::from(context.retention_days);
        let old = ids::read_event(engine, &context, self.event)
            .is_ok_and(|event| event.time() + kept < engine.clock().now());
        Ok(if old { gone() } else { ServiceError::NotFound(what) })
    }
}

fn refused(state: DeliveryState) -> ServiceError {
    match state {
        DeliveryState::Pending => {
            ServiceError::conflict("pending", "The delivery is pending: it is sent anyway.")
        }
        other => ServiceError::conflict(
            "conflict",
            format!("The delivery is {} and cannot be sent again.", other.name()),
        ),
    }
}

fn gone() -> ServiceError {
    ServiceError::Gone("The event is past its retention.".to_owned())
}
