//! Lists a tenant's endpoints.

use postrider_engine::Engine;
use postrider_store::Page;

use super::FoundEndpoint;
use crate::{Caller, ServiceError};

/// Which endpoints.
#[derive(Debug)]
pub struct ListEndpoints<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// From the page before.
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

impl ListEndpoints<'_> {
    /// Newest first. A tenant that has not been seen yet has none.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a tenant that is not the key's own.
    pub async fn run(self, engine: &Engine) -> Result<Page<FoundEndpoint>, ServiceError> {
        let Some(scope) = self.caller.scope_of(engine, self.tenant).await? else {
            return Ok(Page { rows: Vec::new(), next: None });
        };
        let context = engine.project(self.caller.project).await?;
        let page = engine.store().endpoints(scope, self.cursor, self.limit).await?;
        let rows =
            page.rows.into_iter().map(|endpoint| FoundEndpoint::open(engine, endpoint, context.clone()));
        Ok(Page { rows: rows.collect::<Result<_, _>>()?, next: page.next })
    }
}
