//! Replays.

use crate::{Scope, Selection};
use postrider_model::id::{EndpointId, Mode, ProjectKey, ReplayId, TenantKey};
use postrider_model::time::Millis;

/// A replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Its id.
    pub id: ReplayId,
    /// Whose.
    pub project: ProjectKey,
    /// Its world.
    pub mode: Mode,
    /// Whose.
    pub tenant: TenantKey,
    /// The endpoint's id.
    pub endpoint_id: EndpointId,
    /// What it takes.
    pub selection: Selection,
    /// Deliveries reopened per second.
    pub per_second: u32,
    /// How many deliveries it held when it was made.
    pub matched: u64,
    /// Where it stands.
    pub progress: ReplayProgress,
    /// When it was made.
    pub created_at: Millis,
}

/// A replay to create.
#[derive(Debug, Clone)]
pub struct NewReplay {
    /// Its id.
    pub id: ReplayId,
    /// Whose.
    pub scope: Scope,
    /// The tenant.
    pub tenant: TenantKey,
    /// What it takes.
    pub selection: Selection,
    /// Deliveries reopened per second.
    pub per_second: u32,
    /// How many deliveries it holds.
    pub matched: u64,
    /// Now.
    pub now: Millis,
}

/// Where a replay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayProgress {
    /// Running, done or cancelled.
    pub status: ReplayStatus,
    /// Deliveries looked at up to this event.
    pub cursor: Option<postrider_model::id::Ordinal>,
    /// Deliveries reopened.
    pub reopened: u64,
    /// Deliveries passed over because they were no longer as selected.
    pub skipped: u64,
    /// Now; the end, when it is not running.
    pub at: Millis,
}

/// Whether a replay goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayStatus {
    /// It goes on.
    Running,
    /// It came to its end.
    Done,
    /// Somebody cancelled it.
    Cancelled,
}
