//! `POST /v1/tenants/{tenant}/endpoints/{id}/replay`

use axum::extract::State;
use postrider_http::{App, May, OptionalJson, Path, Problem, Reply, WebhooksWrite};
use postrider_model::time::Millis;
use postrider_service::endpoint::ReplayEndpoint;
use postrider_service::ids;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to replay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReplayBody)]
pub struct ReplayIn {
    /// Events accepted at or after.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Millis>,
    /// Events accepted before; until now if not said.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Millis>,
    /// Of `failed`, `held`, `delivered`, `cancelled`; `failed` and `held` if not said.
    status: Option<Vec<String>>,
    /// Of these types or patterns; all if not said.
    types: Option<Vec<String>>,
    /// Only count.
    dry_run: Option<bool>,
    /// Deliveries reopened per second, 1 to 1,000; 50 if not said.
    per_second: Option<u32>,
}

/// A replay that was started.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StartedReplay)]
pub struct StartedOut {
    /// Its id; `null` for a dry run.
    id: Option<String>,
    /// How many deliveries it takes.
    matched: u64,
}

/// Replay past deliveries
///
/// Reopens the endpoint's deliveries that match, oldest first, at the rate asked for: each keeps its event id, its
/// attempt numbers go on and its timetable starts anew. A replay survives a restart and yields to live events.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/endpoints/{id}/replay",
    operation_id = "replay_endpoint",
    tag = "Replays",
    security(("project_key" = ["webhooks:write"])),
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The endpoint's id"),
    ),
    request_body = Option<ReplayIn>,
    responses((status = 202, description = "The replay goes on, or would", body = StartedOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path((tenant, id)): Path<(String, String)>,
    OptionalJson(body): OptionalJson<ReplayIn>,
) -> Result<Reply<StartedOut>, Problem> {
    let replay = ReplayEndpoint {
        caller: &caller,
        tenant: &tenant,
        id: &id,
        since: body.since,
        until: body.until,
        status: body.status,
        types: body.types.unwrap_or_default(),
        dry_run: body.dry_run.unwrap_or(false),
        per_second: body.per_second,
    };
    let started = replay.run(&app.engine).await?;
    Ok(Reply::accepted(StartedOut {
        id: started.replay.map(|replay| ids::show_replay(replay.id)),
        matched: started.matched,
    }))
}
