//! Revokes an API key.

use postrider_engine::Engine;
use serde_json::json;

use super::{read_id, show_id};
use crate::project::{find, root_audit};
use crate::{Authenticator, ServiceError};

/// A key to revoke.
#[derive(Debug)]
pub struct RevokeKey<'a> {
    /// The project's public id.
    pub project: &'a str,
    /// The key's public id.
    pub key: &'a str,
}

impl RevokeKey<'_> {
    /// Revokes it. When this returns, it opens nothing on this node; on others within a second.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for the project or the key.
    pub async fn run(self, engine: &Engine, authenticator: &Authenticator) -> Result<(), ServiceError> {
        let project = find(engine, self.project).await?;
        let id = read_id(self.key).ok_or(ServiceError::NotFound("key"))?;
        let audit = root_audit(engine, Some(&project), "key.revoke", show_id(id), json!({}));
        engine.store().revoke_key(project.key, id, audit.at, audit).await?;
        authenticator.forget_all();
        Ok(())
    }
}
