//! An event on its way to the committer: validated and matched, still without its place.

use std::sync::Arc;

use bytes::Bytes;
use postrider_model::id::{Mode, TypeKey};
use postrider_model::time::Millis;
use postrider_store::{EventFlags, IdempotencyMark};
use smallvec::SmallVec;

use super::Tree;
use crate::plan::EndpointPlan;
use crate::project::ProjectContext;
use crate::routes::TenantRoutes;

/// An event that only lacks its ordinal.
#[derive(Debug)]
pub(crate) struct Draft {
    pub project: Arc<ProjectContext>,
    pub routes: Arc<TenantRoutes>,
    pub mode: Mode,
    pub kind_key: TypeKey,
    pub kind: Arc<str>,
    /// As the product gave it; the time of acceptance if it did not.
    pub timestamp: Option<Millis>,
    pub data: Bytes,
    pub changes: Option<Bytes>,
    pub attributes: Option<Bytes>,
    pub ordering_key: Option<String>,
    pub deliver_at: Option<Millis>,
    pub idempotency: Option<IdempotencyMark>,
    pub flags: EventFlags,
    /// Only these of the matching endpoints (test sends and notices), whatever their types and filters.
    pub only: Option<Vec<Arc<EndpointPlan>>>,
    /// The event as filters see it.
    pub tree: Tree,
    pub matches: SmallVec<[Match; 2]>,
}

/// An endpoint that wants the event.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    pub plan: Arc<EndpointPlan>,
    /// Hash of the key in whose order it stands there, if any.
    pub order: Option<u64>,
}

impl Draft {
    /// Bytes it adds to the commit queue.
    pub(crate) fn weight(&self) -> usize {
        self.data.len()
            + self.changes.as_ref().map_or(0, Bytes::len)
            + self.attributes.as_ref().map_or(0, Bytes::len)
            + 256
            + self.matches.len() * 64
    }
}
