//! `DELETE /v1/projects/{project}`

use axum::extract::State;
use postrider_http::{App, NoContent, Path, Problem, ProblemOut, RootCaller};
use postrider_service::project::DeleteProject;

/// Delete a project
///
/// Sending stops at once and its keys open nothing; its data is erased in small steps.
#[utoipa::path(
    delete,
    path = "/v1/projects/{project}",
    operation_id = "delete_project",
    tag = "Projects",
    security(("root_key" = [])),
    params(("project" = String, Path, description = "The project's id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "There is no such project", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    _: RootCaller,
    Path(id): Path<String>,
) -> Result<NoContent, Problem> {
    DeleteProject { id: &id }.run(&app.engine, &app.authenticator).await?;
    Ok(NoContent)
}
