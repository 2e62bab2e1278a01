//! Creates a project.

use postrider_engine::Engine;
use postrider_model::name;
use postrider_store::{NewProject, Project};
use serde_json::{Map, Value, json};

use super::{check_contract, root_audit, settings};
use crate::merge_patch::merge;
use crate::{Fault, ServiceError, label, no_faults};

/// A project to create.
#[derive(Debug)]
pub struct CreateProject {
    /// Its public id.
    pub id: String,
    /// Its name; its id where none is given.
    pub name: Option<String>,
    /// The name of its contract.
    pub contract: String,
    /// Its settings (DESIGN 4.2).
    pub settings: Map<String, Value>,
}

impl CreateProject {
    /// Creates it.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every fault; a conflict if the id is taken.
    pub async fn run(self, engine: &Engine) -> Result<Project, ServiceError> {
        let mut kept = Map::new();
        merge(&mut kept, self.settings);
        let name = self.name.unwrap_or_else(|| self.id.clone());
        let mut faults = Vec::new();
        if let Err(error) = name::project_id(&self.id) {
            faults.push(Fault::at("/id", error.to_string()));
        }
        label::check_given(&name, "/name", engine.limits(), &mut faults);
        check_contract(engine, &self.contract, &mut faults);
        settings::check(&kept, engine.limits(), &mut faults);
        no_faults(faults)?;
        let detail = json!({"name": name, "contract": self.contract, "settings": settings::noted(&kept)});
        let audit = root_audit(engine, None, "project.create", self.id.clone(), detail);
        let new = NewProject {
            id: self.id,
            name,
            contract: self.contract,
            settings: Value::Object(kept),
            now: audit.at,
        };
        Ok(engine.store().create_project(new, audit).await?)
    }
}
