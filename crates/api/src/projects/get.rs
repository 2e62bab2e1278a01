//! `GET /v1/projects/{project}`

use axum::extract::State;
use postrider_http::{App, Path, Problem, ProblemOut, Reply, RootCaller};
use postrider_service::project;

use super::view::ProjectOut;

/// Show a project
#[utoipa::path(
    get,
    path = "/v1/projects/{project}",
    operation_id = "get_project",
    tag = "Projects",
    security(("root_key" = [])),
    params(("project" = String, Path, description = "The project's id")),
    responses(
        (status = 200, description = "The project", body = ProjectOut),
        (status = 404, description = "There is no such project", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    _: RootCaller,
    Path(id): Path<String>,
) -> Result<Reply<ProjectOut>, Problem> {
    Ok(Reply::ok(project::find(&app.engine, &id).await?.into()))
}
