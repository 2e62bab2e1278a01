//! Changes a project by a merge patch (RFC 7396).

use postrider_engine::Engine;
use postrider_store::{NewAudit, Project, ProjectPatch};
use serde_json::{Map, Value, json};

use super::{check_contract, contract, find, root_audit, settings};
use crate::contention::{TRIES, too_busy};
use crate::endpoint::REVISION_CHANGED;
use crate::merge_patch::merge;
use crate::{Fault, ServiceError, label, no_faults};

const CHANGEABLE: [&str; 3] = ["name", "contract", "settings"];

/// A change of a project.
#[derive(Debug)]
pub struct ChangeProject<'a> {
    /// Its public id.
    pub id: &'a str,
    /// The merge patch of its document.
    pub patch: Map<String, Value>,
    /// The revision that the change was made from: with another one nothing is changed.
    pub expected_revision: Option<u64>,
}

impl ChangeProject<'_> {
    /// Changes it; a change of somebody else at the same time is not overwritten but merged with, unless a revision is
    /// expected. What is sent from now on follows the new settings.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] with every fault; [`ServiceError::Conflict`]
    /// ([`REVISION_CHANGED`]) if the project has another revision than was expected.
    pub async fn run(self, engine: &Engine) -> Result<Project, ServiceError> {
        for _ in 0..TRIES {
            let project = find(engine, self.id).await?;
            if self.expected_revision.is_some_and(|expected| expected != project.revision) {
                return Err(ServiceError::conflict(
                    REVISION_CHANGED,
                    "The project was changed since it was read. Nothing was changed.",
                ));
            }
            let (patch, audit) = self.prepare(engine, &project).await?;
            let Some(project) = engine.store().update_project(project.key, patch, audit).await? else {
                continue;
            };
            engine.project_changed(project.key).await;
            return Ok(project);
        }
        Err(too_busy("project"))
    }

    /// What to write.
    async fn prepare(
        &self,
        engine: &Engine,
        project: &Project,
    ) -> Result<(ProjectPatch, NewAudit), ServiceError> {
        let mut document = Map::new();
        document.insert("name".into(), json!(project.name));
        document.insert("contract".into(), json!(project.contract));
        document.insert("settings".into(), project.settings.clone());
        let unknown = self.patch.keys().filter(|key| !CHANGEABLE.contains(&key.as_str()));
        let mut faults: Vec<Fault> =
            unknown.map(|key| Fault::at(format!("/{key}"), cannot_change(key))).collect();
        merge(&mut document, self.patch.clone());
        let read = Read::of(document, &mut faults);
        if self.patch.get("name").is_some_and(Value::is_string) {
            label::check_given(&read.name, "/name", engine.limits(), &mut faults);
        }
        if faults.iter().all(|fault| fault.pointer != "/contract") {
            check_contract(engine, &read.contract, &mut faults);
        }
        settings::check(&read.settings, engine.limits(), &mut faults);
        if faults.is_empty() && read.contract != project.contract {
            contract::check_endpoints(engine, project, &read.contract, &mut faults).await?;
        }
        no_faults(faults)?;
        let changed: Vec<_> = self.patch.keys().collect();
        let detail = json!({"fields": changed, "contract": read.contract, "settings": settings::noted(&read.settings)});
        let audit = root_audit(engine, Some(project), "project.update", project.id.clone(), detail);
        let patch = ProjectPatch {
            revision: project.revision,
            name: Some(read.name),
            contract: Some(read.contract),
            settings: Some(Value::Object(read.settings)),
            now: audit.at,
        };
        Ok((patch, audit))
    }
}

fn cannot_change(key: &str) -> String {
    match key {
        "id" | "created_at" | "updated_at" => format!("`{key}` cannot be changed."),
        _ => format!("Unknown field `{key}`, expected one of {}.", CHANGEABLE.join(", ")),
    }
}

/// The patched document, as far as it could be read.
struct Read {
    name: String,
    contract: String,
    settings: Map<String, Value>,
}

impl Read {
    fn of(mut document: Map<String, Value>, faults: &mut Vec<Fault>) -> Self {
        let mut text = |field: &str| match document.shift_remove(field) {
            Some(Value::String(text)) => text,
            _ => {
                faults.push(Fault::at(format!("/{field}"), "This must be a string."));
                String::new()
            }
        };
        let (name, contract) = (text("name"), text("contract"));
        let settings = match document.shift_remove("settings") {
            // Removed by `null`: back to the contract's numbers.
            None => Map::new(),
            Some(Value::Object(settings)) => settings,
            Some(_) => {
                faults.push(Fault::at("/settings", "This must be an object."));
                Map::new()
            }
        };
        Self { name, contract, settings }
    }
}
