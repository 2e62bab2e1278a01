//! Deletes an endpoint: what is pending or held is cancelled, history stays until retention (DESIGN 4.4).

use postrider_engine::Engine;
use serde_json::Value;

use super::found::{FoundEndpoint, find};
use crate::{Caller, ServiceError};

/// An endpoint to delete.
#[derive(Debug)]
pub struct DeleteEndpoint<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The endpoint's public id.
    pub id: &'a str,
}

impl DeleteEndpoint<'_> {
    /// Deletes it and answers with what it was; when this returns no attempt begins any more.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub async fn run(self, engine: &Engine) -> Result<FoundEndpoint, ServiceError> {
        let found = find(engine, self.caller, self.tenant, self.id).await?;
        let now = engine.clock().now();
        let endpoint = &found.endpoint;
        let audit = self.caller.audit(
            "endpoint.delete",
            Some(&endpoint.tenant_id),
            found.public_id(),
            Value::Null,
            now,
        );
        engine.store().delete_endpoint(endpoint.key, now, audit).await?;
        engine.endpoint_changed(endpoint.tenant, endpoint.key).await;
        Ok(found)
    }
}
