//! Projects: what is done with them, by the root key only.

mod change;
mod contract;
mod create;
mod delete;
mod product_name;
mod settings;

use postrider_engine::Engine;
use postrider_store::{NewAudit, Project};

pub use change::ChangeProject;
pub use create::CreateProject;
pub use delete::DeleteProject;
pub use product_name::product_name;

use crate::{Fault, ServiceError};

/// A project by its public id.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is none.
pub async fn find(engine: &Engine, id: &str) -> Result<Project, ServiceError> {
    engine.store().project(id).await?.ok_or(ServiceError::NotFound("project"))
}

fn check_contract(engine: &Engine, name: &str, faults: &mut Vec<Fault>) {
    if engine.contracts().get(name).is_none() {
        let valid = engine.contracts().names().join(", ");
        faults.push(Fault::at("/contract", format!("There is no contract {name:?}; there are {valid}.")));
    }
}

/// An audit entry of the root key.
pub(crate) fn root_audit(
    engine: &Engine,
    project: Option<&Project>,
    action: &'static str,
    target: String,
    detail: serde_json::Value,
) -> NewAudit {
    NewAudit {
        project: project.map(|project| project.key),
        tenant: None,
        actor: "root".to_owned(),
        action,
        target,
        detail,
        at: engine.now(),
    }
}
