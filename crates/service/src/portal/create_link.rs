//! Makes a link by which a customer comes to its own pages.

use postrider_engine::Engine;
use postrider_model::name;
use postrider_model::time::Millis;
use postrider_store::NewPortalLink;
use serde_json::json;

use crate::authenticate::hash_key;
use crate::session::token;
use crate::{Caller, ServiceError};

/// A link to make.
#[derive(Debug)]
pub struct CreatePortalLink<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Whose pages it opens, by public id; made if it is new.
    pub tenant: &'a str,
}

/// A new link. Its token is known this once: only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct PortalLink {
    /// The last part of its path.
    pub token: String,
    /// From when on it opens nothing.
    pub expires_at: Millis,
}

impl std::fmt::Debug for PortalLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PortalLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl CreatePortalLink<'_> {
    /// Makes it. It opens the caller's mode.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a tenant that is not the key's own; [`ServiceError::Invalid`] for what can be no
    /// tenant's id.
    pub async fn run(self, engine: &Engine) -> Result<PortalLink, ServiceError> {
        let Self { caller, tenant } = self;
        caller.check_own(tenant)?;
        name::tenant_id(tenant).map_err(|error| ServiceError::invalid("/tenant", error.to_string()))?;
        let now = engine.now();
        let key = match &caller.tenant {
            // What a customer still has after it was deleted does not make it anew.
            Some((key, _)) => *key,
            None => engine.store().ensure_tenant(caller.project, tenant, now).await?.key,
        };
        let token = token::make(token::PORTAL_LINK, engine.rng().as_ref());
        let expires_at = now + engine.limits().portal_link;
        let new = NewPortalLink {
            hash: hash_key(&token),
            project: caller.project,
            mode: caller.mode,
            tenant: key,
            created_at: now,
            expires_at,
        };
        let detail = json!({ "mode": caller.mode, "expires_at": expires_at.0 });
        let audit = caller.audit("portal.link", Some(tenant), tenant.to_owned(), detail, now);
        engine.store().create_portal_link(new, audit).await?;
        Ok(PortalLink { token, expires_at })
    }
}
