//! `POST /v1/replays/{id}/cancel`

use axum::extract::State;
use postrider_http::{App, May, NoBody, Path, Problem, Reply, WebhooksWrite};
use postrider_service::replay::CancelReplay;

use super::view::ReplayOut;

/// Cancel a replay
///
/// What it reopened already goes on; nothing more is reopened. 409 if it is done.
#[utoipa::path(
    post,
    path = "/v1/replays/{id}/cancel",
    operation_id = "cancel_replay",
    tag = "Replays",
    security(("project_key" = ["webhooks:write"])),
    params(("id" = String, Path, description = "The replay's id")),
    responses((status = 200, description = "The replay as it is now", body = ReplayOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path(id): Path<String>,
    _: NoBody,
) -> Result<Reply<ReplayOut>, Problem> {
    let found = CancelReplay { caller: &caller, id: &id }.run(&app.engine).await?;
    Ok(Reply::ok(ReplayOut::new(&found.context, found.replay)))
}
