//! A replay as the native API shows it.

use postrider_engine::ProjectContext;
use postrider_model::delivery::DeliveryState;
use postrider_model::time::Millis;
use postrider_service::ids;
use postrider_store::{Replay, ReplayStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// A replay and how far it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Replay)]
pub struct ReplayOut {
    /// Its id.
    id: String,
    /// The endpoint.
    endpoint: String,
    /// `running`, `done` or `cancelled`.
    status: &'static str,
    /// How many deliveries matched when it was made.
    matched: u64,
    /// Deliveries reopened.
    reopened: u64,
    /// Deliveries passed over: no longer as selected when their turn came.
    skipped: u64,
    /// Share of what matched that was looked at, 0 to 1.
    progress: f64,
    /// Deliveries reopened per second.
    per_second: u32,
    /// What it takes.
    selection: SelectionOut,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
    /// When it last moved; its end, where it is not running.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Millis,
}

/// What a replay takes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplaySelection)]
pub struct SelectionOut {
    /// Events accepted at or after.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Millis>,
    /// Events accepted before.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Millis>,
    /// In these states.
    #[schema(value_type = Vec<String>)]
    status: Vec<DeliveryState>,
    /// Of these types or patterns; empty for all.
    types: Vec<String>,
}

impl ReplayOut {
    /// A replay with the public ids of its project.
    pub fn new(context: &ProjectContext, replay: Replay) -> Self {
        let progress = replay.progress;
        Self {
            id: ids::show_replay(replay.id),
            endpoint: ids::show_endpoint(context, replay.endpoint_id),
            status: match progress.status {
                ReplayStatus::Running => "running",
                ReplayStatus::Done => "done",
                ReplayStatus::Cancelled => "cancelled",
            },
            matched: replay.matched,
            reopened: progress.reopened,
            skipped: progress.skipped,
            progress: share(progress.reopened + progress.skipped, replay.matched, progress.status),
            per_second: replay.per_second,
            selection: SelectionOut {
                since: replay.selection.since,
                until: replay.selection.until,
                status: replay.selection.states,
                types: replay.selection.types,
            },
            created_at: replay.created_at,
            updated_at: progress.at,
        }
    }
}

/// A replay that is done is wholly done, even if deliveries ended by themselves meanwhile.
fn share(seen: u64, matched: u64, status: ReplayStatus) -> f64 {
    match (status, matched) {
        (ReplayStatus::Done, _) => 1.0,
        (_, 0) => 0.0,
        _ => (seen as f64 / matched as f64).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_passes_the_whole() {
        assert_eq!(share(0, 0, ReplayStatus::Running), 0.0);
        assert_eq!(share(5, 10, ReplayStatus::Running), 0.5);
        assert_eq!(share(12, 10, ReplayStatus::Cancelled), 1.0);
        assert_eq!(share(3, 10, ReplayStatus::Done), 1.0);
    }
}
