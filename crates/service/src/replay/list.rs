//! Lists replays.

use std::sync::Arc;

use postrider_engine::{Engine, ProjectContext};
use postrider_store::{Page, Replay};

use crate::{Caller, ServiceError};

/// Which replays.
#[derive(Debug)]
pub struct ListReplays<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Of this tenant.
    pub tenant: Option<String>,
    /// From the page before.
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

/// A page of replays.
#[derive(Debug)]
pub struct ListedReplays {
    /// The page.
    pub page: Page<Replay>,
    /// The project.
    pub context: Arc<ProjectContext>,
}

impl ListReplays<'_> {
    /// Newest first.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn run(self, engine: &Engine) -> Result<ListedReplays, ServiceError> {
        let context = engine.project(self.caller.project).await?;
        let Some(scope) = self.caller.narrowed(engine, self.tenant.as_deref()).await? else {
            return Ok(ListedReplays { page: Page { rows: Vec::new(), next: None }, context });
        };
        let page = engine.store().replays(scope, self.cursor, self.limit).await?;
        Ok(ListedReplays { page, context })
    }
}
