//! Signs an operator in.

use postrider_engine::Engine;
use postrider_store::{NewAudit, NewSession, SessionHolder};
use serde_json::json;

use super::{Opened, token};
use crate::authenticate::hash_key;
use crate::{Authenticator, Right, ServiceError};

/// Somebody who signs in with a key.
#[derive(Debug)]
pub struct SignIn<'a> {
    /// The root key, or a key of a project.
    pub key: &'a str,
}

impl SignIn<'_> {
    /// Begins a session.
    ///
    /// # Errors
    /// [`ServiceError::Unauthenticated`] for a key that does not exist or was revoked; [`ServiceError::Forbidden`] for a
    /// customer's, who is let in by a link, and for one that may read nothing.
    pub async fn run(self, engine: &Engine, authenticator: &Authenticator) -> Result<Opened, ServiceError> {
        let key = self.key.trim();
        let token = token::make(token::SESSION, engine.rng().as_ref());
        let (holder, project, actor) = if authenticator.is_root(key) {
            (SessionHolder::Root { proof: authenticator.root_proof(&token) }, None, "root".to_owned())
        } else {
            let holder = authenticator.holder(engine.store().as_ref(), key).await?;
            let holder = holder.ok_or(ServiceError::UNKNOWN_KEY)?;
            let caller = &holder.caller;
            if caller.is_tenant() {
                return Err(ServiceError::Forbidden(
                    "This is a customer's key: make a link to the portal with it (POST /v1/tenants/{tenant}/portal), and open that."
                        .to_owned(),
                ));
            }
            if !holder.rights.allow(Right::WebhooksRead) {
                return Err(ServiceError::Forbidden(
                    "This key lacks the scope webhooks:read: there is no page that it could open.".to_owned(),
                ));
            }
            (SessionHolder::Key { key_hash: hash_key(key) }, Some(caller.project), caller.actor.clone())
        };
        let now = engine.now();
        let audit = NewAudit {
            project,
            tenant: None,
            target: actor.clone(),
            actor,
            action: "session.create",
            detail: json!({}),
            at: now,
        };
        let expires_at = now + engine.limits().operator_session;
        let new = NewSession { hash: hash_key(&token), holder, created_at: now, expires_at };
        engine.store().create_session(new, audit).await?;
        Ok(Opened { token, expires_at })
    }
}
