//! `DELETE /v1/projects/{project}/keys/{key}`

use axum::extract::State;
use postrider_http::{App, NoContent, Path, Problem, ProblemOut, RootCaller};
use postrider_service::key::RevokeKey;

/// Revoke a key
///
/// It opens nothing any more; on other nodes within a second.
#[utoipa::path(
    delete,
    path = "/v1/projects/{project}/keys/{key}",
    operation_id = "revoke_key",
    tag = "Keys",
    security(("root_key" = [])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("key" = String, Path, description = "The key's id, not the key itself"),
    ),
    responses(
        (status = 204, description = "It opens nothing any more"),
        (status = 404, description = "There is no such project or key", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    _: RootCaller,
    Path((project, key)): Path<(String, String)>,
) -> Result<NoContent, Problem> {
    RevokeKey { project: &project, key: &key }.run(&app.engine, &app.authenticator).await?;
    Ok(NoContent)
}
