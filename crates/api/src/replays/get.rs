//! `GET /v1/replays/{id}`

use axum::extract::State;
use postrider_http::{App, May, Path, Problem, Reply, WebhooksRead};
use postrider_service::replay::FindReplay;

use super::view::ReplayOut;

/// Show a replay and how far it is
#[utoipa::path(
    get,
    path = "/v1/replays/{id}",
    operation_id = "get_replay",
    tag = "Replays",
    security(("project_key" = ["webhooks:read"])),
    params(("id" = String, Path, description = "The replay's id")),
    responses((status = 200, description = "The replay", body = ReplayOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Path(id): Path<String>,
) -> Result<Reply<ReplayOut>, Problem> {
    let found = FindReplay { caller: &caller, id: &id }.run(&app.engine).await?;
    Ok(Reply::ok(ReplayOut::new(&found.context, found.replay)))
}
