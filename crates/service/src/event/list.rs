//! Lists events.

use std::sync::Arc;

use postrider_engine::{Engine, ProjectContext};
use postrider_model::time::Millis;
use postrider_store::{EventQuery, EventSummary, Page};

use crate::{Caller, ServiceError};

/// Which events.
#[derive(Debug)]
pub struct ListEvents<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Of this tenant.
    pub tenant: Option<String>,
    /// Of these types; empty for all.
    pub types: Vec<String>,
    /// Accepted at or after.
    pub since: Option<Millis>,
    /// Accepted before.
    pub until: Option<Millis>,
    /// From the page before.
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

/// A page of events.
#[derive(Debug)]
pub struct ListedEvents {
    /// The page.
    pub page: Page<EventSummary>,
    /// The project.
    pub context: Arc<ProjectContext>,
}

impl ListEvents<'_> {
    /// Newest first by acceptance. A tenant that is not there has no events.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn run(self, engine: &Engine) -> Result<ListedEvents, ServiceError> {
        let context = engine.project(self.caller.project).await?;
        let Some(scope) = self.caller.narrowed(engine, self.tenant.as_deref()).await? else {
            return Ok(ListedEvents { page: Page { rows: Vec::new(), next: None }, context });
        };
        let query = EventQuery {
            scope,
            types: self.types,
            since: self.since,
            until: self.until,
            cursor: self.cursor,
            limit: self.limit,
        };
        let page = engine.store().events(query).await?;
        Ok(ListedEvents { page, context })
    }
}
