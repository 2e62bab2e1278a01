//! The audit log.

use postrider_model::id::ProjectKey;
use postrider_model::time::Millis;
use serde_json::Value;

/// Who did what, to be written with the change.
#[derive(Debug, Clone)]
pub struct NewAudit {
    /// The project, where it concerns one.
    pub project: Option<ProjectKey>,
    /// The tenant, where it concerns one.
    pub tenant: Option<String>,
    /// Who: `root`, `key:<prefix>`, `portal:<tenant>`, `postrider`.
    pub actor: String,
    /// What: `endpoint.create`, `key.revoke` …
    pub action: &'static str,
    /// To what: a public id.
    pub target: String,
    /// What changed; never a secret.
    pub detail: Value,
    /// When.
    pub at: Millis,
}

/// Which audit entries.
#[derive(Debug, Clone)]
pub struct AuditQuery {
    /// Of this project.
    pub project: ProjectKey,
    /// Of this tenant.
    pub tenant: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// At or after.
    pub since: Option<Millis>,
    /// Before.
    pub until: Option<Millis>,
    /// From [`Page::next`].
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

/// An audit entry.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// When.
    pub at: Millis,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub target: String,
    /// Whose.
    pub tenant: Option<String>,
    /// What changed.
    pub detail: Value,
}
