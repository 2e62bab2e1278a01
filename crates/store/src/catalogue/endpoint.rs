//! Endpoints.

use bytes::Bytes;
use postrider_model::endpoint::{DisabledReason, EndpointConfig};
use postrider_model::id::{EndpointId, EndpointKey, Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;

use super::NewAudit;
use crate::Scope;

/// An endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// Its row.
    pub key: EndpointKey,
    /// Its id.
    pub id: EndpointId,
    /// Its project.
    pub project: ProjectKey,
    /// Its world.
    pub mode: Mode,
    /// Its tenant.
    pub tenant: TenantKey,
    /// Its tenant's public id.
    pub tenant_id: String,
    /// What was said of it.
    pub config: EndpointConfig,
    /// [`postrider_model::endpoint::EndpointSecrets`] as JSON, sealed; the associated data is the endpoint's UUID.
    pub sealed: Bytes,
    /// Whether it gets events.
    pub enabled: bool,
    /// Since when it does not.
    pub disabled_at: Option<Millis>,
    /// And why.
    pub disabled_reason: Option<DisabledReason>,
    /// Failures since the last success.
    pub failure_count: u32,
    /// When the streak of failures began.
    pub failing_since: Option<Millis>,
    /// The last success.
    pub last_success_at: Option<Millis>,
    /// Start of the last attempt.
    pub last_attempt_at: Option<Millis>,
    /// Its response's status.
    pub last_status: Option<u16>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// When it was deleted.
    pub deleted_at: Option<Millis>,
    /// Counted up with every change by people.
    pub revision: u64,
}

/// Which endpoints.
#[derive(Debug, Clone)]
pub struct EndpointQuery {
    /// Within it.
    pub scope: Scope,
    /// Those that get events, or those that do not.
    pub enabled: Option<bool>,
    /// Those of which the last attempt failed, or the others. Enabling an endpoint makes it one of the others.
    pub failing: Option<bool>,
    /// From [`crate::Page::next`].
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

impl EndpointQuery {
    /// All within a scope.
    pub fn all(scope: Scope, cursor: Option<String>, limit: usize) -> Self {
        Self { scope, enabled: None, failing: None, cursor, limit }
    }
}

/// An endpoint to create.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its project.
    pub project: ProjectKey,
    /// Its world.
    pub mode: Mode,
    /// Its tenant.
    pub tenant: TenantKey,
    /// What was said of it.
    pub config: EndpointConfig,
    /// Sealed secrets.
    pub sealed: Bytes,
    /// Whether it gets events.
    pub enabled: bool,
    /// Now.
    pub now: Millis,
}

/// What is sealed of an endpoint, sealed anew with another key. To its owner the endpoint stays as it was.
#[derive(Debug, Clone)]
pub struct Reseal {
    /// The endpoint's row.
    pub endpoint: EndpointKey,
    /// What was read; if the row holds something else by now, it is left alone.
    pub before: Bytes,
    /// What takes its place.
    pub sealed: Bytes,
    /// The entry that goes with it, if any.
    pub audit: Option<NewAudit>,
}

/// Enabling or disabling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointChange {
    /// It gets events again.
    Enable,
    /// It gets none.
    Disable(DisabledReason),
}

/// What to change of an endpoint.
#[derive(Debug, Clone)]
pub struct EndpointPatch {
    /// The revision the change was made against.
    pub revision: u64,
    /// New settings, whole.
    pub config: Option<EndpointConfig>,
    /// New sealed secrets.
    pub sealed: Option<Bytes>,
    /// Enabling or disabling.
    pub change: Option<EndpointChange>,
    /// Now.
    pub now: Millis,
}
