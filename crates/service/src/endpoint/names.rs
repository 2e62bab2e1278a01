//! Finds the endpoints that a list speaks of, by their rows, to call them by their names.

use std::collections::{BTreeSet, HashMap};

use postrider_engine::Engine;
use postrider_model::id::EndpointKey;
use postrider_store::Endpoint;

use crate::{Caller, ServiceError};

/// Endpoints to find.
#[derive(Debug)]
pub struct NameEndpoints<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Their rows: not many more than a page of a list has.
    pub keys: BTreeSet<EndpointKey>,
}

impl NameEndpoints<'_> {
    /// Those the caller may see; deleted ones too, as their history stays.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn run(self, engine: &Engine) -> Result<HashMap<EndpointKey, Endpoint>, ServiceError> {
        let scope = self.caller.scope();
        if self.keys.is_empty() {
            return Ok(HashMap::new());
        }
        let found = engine.store().endpoints_by_keys(self.keys.into_iter().collect()).await?;
        let is_seen = |endpoint: &Endpoint| {
            endpoint.project == scope.project
                && endpoint.mode == scope.mode
                && scope.tenant.is_none_or(|tenant| tenant == endpoint.tenant)
        };
        Ok(found.into_iter().filter(is_seen).map(|endpoint| (endpoint.key, endpoint)).collect())
    }
}
