//! Projects.

use postrider_model::id::ProjectKey;
use postrider_model::time::Millis;
use serde_json::Value;

/// A project.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Its row.
    pub key: ProjectKey,
    /// Its public id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its contract.
    pub contract: String,
    /// Overrides of contract and server numbers (DESIGN 4.2).
    pub settings: Value,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// Counted up with every change.
    pub revision: u64,
}

/// A project to create.
#[derive(Debug, Clone)]
pub struct NewProject {
    /// Its public id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its contract.
    pub contract: String,
    /// Its settings.
    pub settings: Value,
    /// Now.
    pub now: Millis,
}

/// What to change of a project.
#[derive(Debug, Clone)]
pub struct ProjectPatch {
    /// The revision the change was made against.
    pub revision: u64,
    /// A new name.
    pub name: Option<String>,
    /// Another contract.
    pub contract: Option<String>,
    /// New settings, whole.
    pub settings: Option<Value>,
    /// Now.
    pub now: Millis,
}
