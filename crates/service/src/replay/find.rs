//! Finds a replay and how far it is.

use std::sync::Arc;

use postrider_engine::{Engine, ProjectContext};
use postrider_store::Replay;

use crate::{Caller, ServiceError, ids};

/// The replay at `/v1/replays/{id}`.
#[derive(Debug)]
pub struct FindReplay<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The replay's public id.
    pub id: &'a str,
}

/// A replay with its project.
#[derive(Debug)]
pub struct FoundReplay {
    /// The replay.
    pub replay: Replay,
    /// The project.
    pub context: Arc<ProjectContext>,
}

impl FindReplay<'_> {
    /// Finds it.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] if it is not there, another tenant's or of the other mode.
    pub async fn run(self, engine: &Engine) -> Result<FoundReplay, ServiceError> {
        let id = ids::read_replay(self.id)?;
        let replay = engine.store().replay(self.caller.scope(), id).await?;
        let context = engine.project(self.caller.project).await?;
        Ok(FoundReplay { replay: replay.ok_or(ServiceError::NotFound("replay"))?, context })
    }
}
