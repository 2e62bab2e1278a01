//! `POST /v1/projects`

use axum::extract::State;
use postrider_http::{App, Json, Problem, ProblemOut, Reply, RootCaller};
use postrider_service::project::CreateProject;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::view::{ProjectOut, SettingsIn};

/// A project to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewProject)]
pub struct CreateIn {
    /// Its id: 1 to 63 of `a-z`, `0-9` and `-`, not beginning with `-`. It cannot be changed.
    id: String,
    /// Its name; its id if none is given.
    name: Option<String>,
    /// The name of its contract.
    #[serde(default = "standard")]
    #[schema(default = "standard")]
    contract: String,
    /// What it sets in place of the contract's and the server's numbers.
    #[schema(value_type = Option<SettingsIn>)]
    settings: Option<Map<String, Value>>,
}

fn standard() -> String {
    "standard".to_owned()
}

/// Create a project
#[utoipa::path(
    post,
    path = "/v1/projects",
    operation_id = "create_project",
    tag = "Projects",
    security(("root_key" = [])),
    request_body = CreateIn,
    responses(
        (status = 201, description = "The project", body = ProjectOut),
        (status = 409, description = "The id is taken", body = ProblemOut),
        (status = 422, description = "Not valid: every fault with its pointer", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    _: RootCaller,
    Json(body): Json<CreateIn>,
) -> Result<Reply<ProjectOut>, Problem> {
    let CreateIn { id, name, contract, settings } = body;
    let project = CreateProject { id, name, contract, settings: settings.unwrap_or_default() };
    Ok(Reply::created(project.run(&app.engine).await?.into()))
}
