//! Lists a project's keys.

use postrider_engine::Engine;
use postrider_store::{ApiKey, Page};

use crate::ServiceError;
use crate::project::find;

/// Which keys.
#[derive(Debug)]
pub struct ListKeys<'a> {
    /// The project's public id.
    pub project: &'a str,
    /// Of this customer, by public id.
    pub tenant: Option<&'a str>,
    /// From the page before.
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

impl ListKeys<'_> {
    /// Newest first, without the revoked ones. A tenant that has not been seen yet has none.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for the project.
    pub async fn run(self, engine: &Engine) -> Result<Page<ApiKey>, ServiceError> {
        let project = find(engine, self.project).await?;
        let store = engine.store();
        let tenant = match self.tenant {
            None => None,
            Some(id) => match store.tenant(project.key, id).await? {
                Some(tenant) => Some(tenant.key),
                None => return Ok(Page { rows: Vec::new(), next: None }),
            },
        };
        Ok(store.keys(project.key, tenant, self.cursor, self.limit).await?)
    }
}
