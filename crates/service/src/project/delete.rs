//! Deletes a project: sending stops at once, its data is erased in small steps (DESIGN 4.4).

use postrider_engine::Engine;
use serde_json::json;

use super::{find, root_audit};
use crate::{Authenticator, ServiceError};

/// A project to delete.
#[derive(Debug)]
pub struct DeleteProject<'a> {
    /// Its public id.
    pub id: &'a str,
}

impl DeleteProject<'_> {
    /// Deletes it. When this returns, its keys open nothing here and no attempt begins.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub async fn run(self, engine: &Engine, authenticator: &Authenticator) -> Result<(), ServiceError> {
        let project = find(engine, self.id).await?;
        let audit = root_audit(engine, Some(&project), "project.delete", project.id.clone(), json!({}));
        engine.store().delete_project(project.key, audit).await?;
        authenticator.forget_all();
        engine.project_changed(project.key).await;
        Ok(())
    }
}
