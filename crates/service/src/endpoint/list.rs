//! Lists endpoints, of one tenant or of the whole project.

use postrider_engine::Engine;
use postrider_store::{EndpointQuery, Page};

use super::FoundEndpoint;
use crate::{Caller, ServiceError};

/// Which endpoints.
#[derive(Debug)]
pub struct ListEndpoints<'a> {
    /// Who asks; a customer's key sees its own tenant's only.
    pub caller: &'a Caller,
    /// Of this tenant.
    pub tenant: Option<&'a str>,
    /// Those that get events, or those that do not.
    pub enabled: Option<bool>,
    /// Those of which the last attempt failed, or the others. Enabling an endpoint makes it one of the others.
    pub failing: Option<bool>,
    /// From the page before.
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

impl ListEndpoints<'_> {
    /// Newest first. A tenant that has not been seen yet has none, and so has one that is not the key's own.
    ///
    /// # Errors
    /// Of the store; [`ServiceError::Internal`] where an endpoint's secrets cannot be opened.
    pub async fn run(self, engine: &Engine) -> Result<Page<FoundEndpoint>, ServiceError> {
        let Some(scope) = self.caller.narrowed(engine, self.tenant).await? else {
            return Ok(Page { rows: Vec::new(), next: None });
        };
        let context = engine.project(self.caller.project).await?;
        let Self { enabled, failing, cursor, limit, .. } = self;
        let query = EndpointQuery { scope, enabled, failing, cursor, limit };
        let page = engine.store().endpoints(query).await?;
        let rows =
            page.rows.into_iter().map(|endpoint| FoundEndpoint::open(engine, endpoint, context.clone()));
        Ok(Page { rows: rows.collect::<Result<_, _>>()?, next: page.next })
    }
}
