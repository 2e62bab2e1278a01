//! Finds one event type.

use postrider_engine::Engine;

use super::CatalogueType;
use crate::{Caller, ServiceError};

/// A type to find.
#[derive(Debug)]
pub struct FindEventType<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Its name.
    pub name: &'a str,
}

impl FindEventType<'_> {
    /// The type, archived or not.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub async fn run(self, engine: &Engine) -> Result<CatalogueType, ServiceError> {
        let project = self.caller.project;
        if let Some(own) = engine.store().event_type(project, self.name).await? {
            return Ok(CatalogueType::Own(own));
        }
        let context = engine.project(project).await?;
        let of_contract = context.contract.event_types().iter().find(|kind| kind.name == self.name);
        of_contract.map(CatalogueType::from).ok_or(ServiceError::NotFound("event type"))
    }
}
