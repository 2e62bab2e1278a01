//! Reads an endpoint's signing secret back, where its contract lets one.

use postrider_engine::Engine;
use postrider_model::endpoint::EndpointSecret;
use serde_json::Value;

use super::found::find;
use super::secret;
use super::terms::Terms;
use crate::{Caller, ServiceError};

/// A secret to read.
#[derive(Debug)]
pub struct ReadSecret<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The endpoint's public id.
    pub id: &'a str,
}

impl ReadSecret<'_> {
    /// What verifies requests now, newest first: secrets, or the public halves of key pairs. That they were read is noted in the audit log.
    ///
    /// # Errors
    /// [`ServiceError::Forbidden`] where the contract shows a secret only once; [`ServiceError::NotFound`] if there is
    /// no endpoint or it has no secret.
    pub async fn run(self, engine: &Engine) -> Result<Vec<EndpointSecret>, ServiceError> {
        let found = find(engine, self.caller, self.tenant, self.id).await?;
        let terms = Terms::of(&found.context);
        if !found.context.contract.is_signed() {
            let contract = terms.contract;
            return Err(ServiceError::Forbidden(format!(
                "The contract {contract} signs nothing: there is no secret."
            )));
        }
        if !terms.retrievable {
            return Err(ServiceError::Forbidden(format!(
                "Under the contract {} a secret is shown only when it is made; rotate it to get a new one.",
                terms.contract
            )));
        }
        let now = engine.clock().now();
        let signs_now = |secret: &EndpointSecret| secret.expires_at.is_none_or(|end| end > now);
        let mut secrets: Vec<_> =
            found.secrets.secrets.iter().filter(|secret| signs_now(secret)).cloned().collect();
        for secret in &mut secrets {
            secret.value = secret::shown(&found.context.contract, &secret.value)?;
        }
        if secrets.is_empty() {
            return Err(ServiceError::NotFound("secret"));
        }
        let tenant = Some(found.endpoint.tenant_id.as_str());
        let audit = self.caller.audit("endpoint.read_secret", tenant, found.public_id(), Value::Null, now);
        engine.store().note(audit).await?;
        Ok(secrets)
    }
}
