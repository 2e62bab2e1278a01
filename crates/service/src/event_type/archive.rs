//! Archives an event type: it is no longer in the catalogue; what was sent stays.

use postrider_engine::Engine;
use serde_json::json;

use super::{CatalogueType, FindEventType};
use crate::{Caller, ServiceError};

/// A type to archive.
#[derive(Debug)]
pub struct ArchiveEventType<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Its name.
    pub name: &'a str,
}

impl ArchiveEventType<'_> {
    /// Archives it; nothing happens to one that is archived.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; a conflict for a type that only the contract declares.
    pub async fn run(self, engine: &Engine) -> Result<(), ServiceError> {
        let Self { caller, name } = self;
        match (FindEventType { caller, name }).run(engine).await? {
            CatalogueType::Contract { .. } => {
                return Err(ServiceError::conflict(
                    "conflict",
                    "The type belongs to the contract and cannot be archived.",
                ));
            }
            CatalogueType::Own(own) if own.archived_at.is_some() => return Ok(()),
            CatalogueType::Own(_) => {}
        }
        let now = engine.now();
        let audit = caller.audit("event_type.archive", None, name.to_owned(), json!({}), now);
        engine.store().archive_event_type(caller.project, name, now, audit).await?;
        engine.catalogue_changed(caller.project);
        Ok(())
    }
}
