//! Cancels a replay: what it reopened already goes on, nothing more is reopened.

use postrider_engine::Engine;
use postrider_store::{ReplayProgress, ReplayStatus};
use serde_json::Value;

use super::{FindReplay, FoundReplay};
use crate::{Caller, ServiceError, ids};

/// A replay to cancel.
#[derive(Debug)]
pub struct CancelReplay<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The replay's public id.
    pub id: &'a str,
}

impl CancelReplay<'_> {
    /// Cancels it; cancelling a cancelled one again does nothing.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] if it is done; [`ServiceError::NotFound`].
    pub async fn run(self, engine: &Engine) -> Result<FoundReplay, ServiceError> {
        let Self { caller, id } = self;
        let found = FindReplay { caller, id }.run(engine).await?;
        if found.replay.progress.status == ReplayStatus::Cancelled {
            return Ok(found);
        }
        let now = engine.clock().now();
        let progress = ReplayProgress { status: ReplayStatus::Cancelled, at: now, ..found.replay.progress };
        let replay = engine.store().advance_replay(found.replay.id, progress).await?;
        engine.replays_changed();
        if replay.progress.status != ReplayStatus::Cancelled {
            return Err(ServiceError::conflict("conflict", "The replay is done already."));
        }
        let tenant = engine
            .store()
            .endpoint_by_key(replay.selection.endpoint)
            .await?
            .map(|endpoint| endpoint.tenant_id);
        let audit =
            caller.audit("replay.cancel", tenant.as_deref(), ids::show_replay(replay.id), Value::Null, now);
        engine.store().note(audit).await?;
        Ok(FoundReplay { replay, ..found })
    }
}
