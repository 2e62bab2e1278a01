//! Finds one event with its payload and deliveries.

use std::sync::Arc;

use postrider_engine::{Engine, ProjectContext};
use postrider_store::EventDetail;

use crate::{Caller, ServiceError, ids};

/// The event at `/v1/events/{id}`.
#[derive(Debug)]
pub struct FindEvent<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The event's public id.
    pub id: &'a str,
}

/// An event with its project.
#[derive(Debug)]
pub struct FoundEvent {
    /// The event.
    pub detail: EventDetail,
    /// The project.
    pub context: Arc<ProjectContext>,
}

impl FindEvent<'_> {
    /// Finds it.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] if it is not there (any more), another tenant's or of the other mode.
    pub async fn run(self, engine: &Engine) -> Result<FoundEvent, ServiceError> {
        let context = engine.project(self.caller.project).await?;
        let event = ids::read_event(engine, &context, self.id)?;
        let detail = engine.store().event_detail(self.caller.scope(), event).await?;
        Ok(FoundEvent { detail: detail.ok_or(ServiceError::NotFound("event"))?, context })
    }
}
