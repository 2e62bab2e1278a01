//! Erases what an event says (DESIGN 7 "Erasure"): its data, changes, attributes and what receivers answered.

use postrider_engine::Engine;
use serde_json::Value;

use super::FindEvent;
use crate::{Caller, ServiceError, ids};

/// An event whose content is to go.
#[derive(Debug)]
pub struct EraseEvent<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The event's public id.
    pub id: &'a str,
}

impl EraseEvent<'_> {
    /// Erases it; that it happened, and its deliveries, stay visible until retention.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] if it is not there (any more), another tenant's or of the other mode.
    pub async fn run(self, engine: &Engine) -> Result<(), ServiceError> {
        let Self { caller, id } = self;
        let found = FindEvent { caller, id }.run(engine).await?;
        let summary = &found.detail.summary;
        if !engine.store().erase_data(caller.scope(), summary.ordinal).await? {
            return Err(ServiceError::NotFound("event"));
        }
        engine.event_erased(summary.ordinal).await;
        let target = ids::show_event(engine, &found.context, summary.ordinal);
        let audit =
            caller.audit("event.erase", Some(&summary.tenant), target, Value::Null, engine.clock().now());
        engine.store().note(audit).await?;
        Ok(())
    }
}
