//! Deletes a tenant with everything it has (DESIGN 7 "Erasure").

use postrider_engine::Engine;
use serde_json::json;

use super::find;
use crate::{Authenticator, Caller, ServiceError};

/// A tenant to delete.
#[derive(Debug)]
pub struct DeleteTenant<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Its public id.
    pub tenant: &'a str,
}

impl DeleteTenant<'_> {
    /// Deletes it: endpoints and keys at once, events in small steps. When this returns, no attempt begins.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub async fn run(self, engine: &Engine, authenticator: &Authenticator) -> Result<(), ServiceError> {
        let tenant = find(engine, self.caller, self.tenant).await?;
        let now = engine.now();
        let audit = self.caller.audit("tenant.delete", Some(&tenant.id), tenant.id.clone(), json!({}), now);
        let deleted = engine.store().delete_tenant(tenant.key, now, audit).await?;
        authenticator.forget_all();
        for endpoint in deleted {
            engine.endpoint_changed(tenant.key, endpoint).await;
        }
        Ok(())
    }
}
