//! `PATCH /v1/projects/{project}`

use axum::extract::State;
use postrider_http::{App, Json, Path, Problem, ProblemOut, Reply, RootCaller};
use postrider_service::project::ChangeProject;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::view::{ProjectOut, SettingsIn};

/// A merge patch (RFC 7396) of a project.
#[derive(Debug, ToSchema)]
#[schema(as = ProjectPatch)]
#[expect(dead_code, reason = "describes the body, which is read as the JSON that it merges")]
pub struct PatchIn {
    /// A new name.
    name: Option<String>,
    /// Another contract.
    contract: Option<String>,
    /// Settings to change; `null` takes one back.
    settings: Option<SettingsIn>,
}

/// Change a project
///
/// What is sent from now on follows the new settings.
#[utoipa::path(
    patch,
    path = "/v1/projects/{project}",
    operation_id = "change_project",
    tag = "Projects",
    security(("root_key" = [])),
    params(("project" = String, Path, description = "The project's id")),
    request_body = PatchIn,
    responses(
        (status = 200, description = "The project as it is now", body = ProjectOut),
        (status = 404, description = "There is no such project", body = ProblemOut),
        (status = 409, description = "Others change it at the same time: try again", body = ProblemOut),
        (status = 422, description = "Not valid: every fault with its pointer", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    _: RootCaller,
    Path(id): Path<String>,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Reply<ProjectOut>, Problem> {
    let change = ChangeProject { id: &id, patch, expected_revision: None };
    Ok(Reply::ok(change.run(&app.engine).await?.into()))
}
