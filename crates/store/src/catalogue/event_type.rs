//! Event types.

use postrider_model::id::ProjectKey;
use postrider_model::time::Millis;
use serde_json::Value;

/// An event type of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct EventType {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// JSON Schema of `data`.
    pub schema: Option<Value>,
    /// An example of `data`.
    pub example: Option<Value>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// When it was archived.
    pub archived_at: Option<Millis>,
}

/// A type to create or replace.
#[derive(Debug, Clone)]
pub struct NewEventType {
    /// Its project.
    pub project: ProjectKey,
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// JSON Schema of `data`.
    pub schema: Option<Value>,
    /// An example of `data`.
    pub example: Option<Value>,
    /// Now.
    pub now: Millis,
}
