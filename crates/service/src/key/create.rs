//! Creates an API key.

use postrider_engine::Engine;
use postrider_model::id::{KeyId, Mode};
use postrider_model::limits::Limits;
use postrider_model::name;
use postrider_store::{ApiKey, NewApiKey};
use serde_json::json;

use super::{secret_text, show_id};
use crate::authenticate::hash_key;
use crate::project::{find, root_audit};
use crate::{Fault, Rights, ServiceError, label, no_faults};

/// A key to create.
#[derive(Debug)]
pub struct CreateKey<'a> {
    /// The project's public id.
    pub project: &'a str,
    /// A name for people.
    pub name: String,
    /// The world it opens.
    pub mode: Mode,
    /// The customer it belongs to, made if it is new; `None` for the product's own.
    pub tenant: Option<String>,
    /// What it may do (DESIGN 4.2 "Scopes").
    pub scopes: Vec<String>,
}

/// A new key. Its text is known this once: only its hash is kept.
#[derive(Debug)]
pub struct CreatedKey {
    /// The key as it is listed.
    pub row: ApiKey,
    /// The key itself.
    pub key: String,
}

impl CreateKey<'_> {
    /// Creates it.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for the project; [`ServiceError::Invalid`] with every fault.
    pub async fn run(mut self, engine: &Engine) -> Result<CreatedKey, ServiceError> {
        let project = find(engine, self.project).await?;
        self.check(engine.limits())?;
        let key = secret_text::make(self.mode, engine.rng().as_ref());
        let id = KeyId(engine.new_id());
        let prefix = secret_text::prefix(&key).to_owned();
        let detail = json!({"name": self.name, "mode": self.mode, "scopes": self.scopes, "prefix": prefix});
        let mut audit = root_audit(engine, Some(&project), "key.create", show_id(id), detail);
        audit.tenant.clone_from(&self.tenant);
        let new = NewApiKey {
            id,
            project: project.key,
            name: self.name,
            mode: self.mode,
            tenant: self.tenant,
            scopes: self.scopes,
            prefix,
            hash: hash_key(&key),
            now: audit.at,
        };
        let row = engine.store().create_key(new, audit).await?;
        Ok(CreatedKey { row, key })
    }

    fn check(&mut self, limits: &Limits) -> Result<(), ServiceError> {
        let mut faults = Vec::new();
        label::check(&self.name, "/name", limits, &mut faults);
        if let Some(Err(error)) = self.tenant.as_deref().map(name::tenant_id) {
            faults.push(Fault::at("/tenant", error.to_string()));
        }
        if let Err(wrong) = Rights::parse(&self.scopes, "/scopes") {
            faults.extend(wrong);
        }
        let mut seen = Vec::new();
        self.scopes.retain(|scope| {
            !seen.contains(scope) && {
                seen.push(scope.clone());
                true
            }
        });
        no_faults(faults)
    }
}
