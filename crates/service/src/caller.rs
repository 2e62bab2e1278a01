//! Who asks: the project, the world and, for a customer's key, the one tenant it reaches (DESIGN 4.2, 7 "Tenancy").

use postrider_engine::{Engine, Origin};
use postrider_model::id::{Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{NewAudit, Scope, Tenant};
use serde_json::Value;

use crate::ServiceError;

/// A caller whose key was checked. What it may do (scopes) is judged by the surface before a use case runs.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key's project.
    pub project: ProjectKey,
    /// The key's world.
    pub mode: Mode,
    /// The one tenant the key reaches, if it is a customer's.
    pub tenant: Option<(TenantKey, String)>,
    /// For the audit log: `key:<prefix>`, `portal:<tenant>`.
    pub actor: String,
}

impl Caller {
    /// What the caller may see.
    pub fn scope(&self) -> Scope {
        let tenant = self.tenant.as_ref().map(|(key, _)| *key);
        Scope { project: self.project, mode: self.mode, tenant }
    }

    /// Where the caller's events come from.
    pub fn origin(&self) -> Origin {
        let tenant = self.tenant.as_ref().map(|(_, id)| id.clone());
        Origin { project: self.project, mode: self.mode, tenant }
    }

    /// The tenant named in a path, if it exists.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a tenant that is not the key's own, and for what can be no tenant's id (DESIGN 4.4).
    pub async fn tenant(&self, engine: &Engine, id: &str) -> Result<Option<Tenant>, ServiceError> {
        self.check_tenant(id)?;
        Ok(engine.store().tenant(self.project, id).await?)
    }

    /// [`ServiceError::NotFound`] if `id` is not the key's own tenant, or can be no tenant's id (DESIGN 4.4).
    ///
    /// # Errors
    /// See above.
    pub fn check_tenant(&self, id: &str) -> Result<(), ServiceError> {
        self.check_own(id)?;
        postrider_model::name::tenant_id(id).map_err(|_| ServiceError::NotFound("tenant"))
    }

    /// [`ServiceError::NotFound`] if the key is a customer's and `id` is another one.
    ///
    /// # Errors
    /// See above.
    pub fn check_own(&self, id: &str) -> Result<(), ServiceError> {
        match &self.tenant {
            Some((_, own)) if own != id => Err(ServiceError::NotFound("tenant")),
            _ => Ok(()),
        }
    }

    /// What the caller may see of one tenant; `None` if there is no such tenant yet.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a tenant that is not the key's own.
    pub async fn scope_of(&self, engine: &Engine, id: &str) -> Result<Option<Scope>, ServiceError> {
        let tenant = self.tenant(engine, id).await?;
        Ok(tenant.map(|tenant| Scope { tenant: Some(tenant.key), ..self.scope() }))
    }

    /// What a list shows: all that the caller may see, or of that only one tenant's; `None` if that can be nothing.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn narrowed(
        &self,
        engine: &Engine,
        tenant: Option<&str>,
    ) -> Result<Option<Scope>, ServiceError> {
        let Some(id) = tenant else { return Ok(Some(self.scope())) };
        match self.scope_of(engine, id).await {
            // A list narrows to the key's own tenant; another one's is empty there, not an error (DESIGN 4.4).
            Err(ServiceError::NotFound(_)) => Ok(None),
            other => other,
        }
    }

    /// Whether the key is a customer's.
    pub fn is_tenant(&self) -> bool {
        self.tenant.is_some()
    }

    /// An audit entry of this caller.
    pub fn audit(
        &self,
        action: &'static str,
        tenant: Option<&str>,
        target: String,
        detail: Value,
        at: Millis,
    ) -> NewAudit {
        NewAudit {
            project: Some(self.project),
            tenant: tenant.map(str::to_owned),
            actor: self.actor.clone(),
            action,
            target,
            detail,
            at,
        }
    }
}
