//! `POST /v1/projects/{project}/keys`

use axum::extract::State;
use postrider_http::{App, Json, Path, Problem, ProblemOut, Reply, RootCaller};
use postrider_service::key::CreateKey;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{KeyOut, ModeOut};

/// A key to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKey)]
pub struct CreateIn {
    /// A name for people.
    #[serde(default)]
    name: String,
    /// The world it opens; `live` if none is named.
    #[serde(default = "live")]
    #[schema(required = false)]
    mode: ModeOut,
    /// The customer it belongs to: then it reaches only that tenant's endpoints and deliveries.
    tenant: Option<String>,
    /// What it may do: `events:write`, `webhooks:read`, `webhooks:write` (implies read), `webhooks:admin` (implies
    /// write), `project:admin`, or `*` for everything.
    scopes: Vec<String>,
}

fn live() -> ModeOut {
    ModeOut::Live
}

/// Create a key
///
/// The answer shows the key; it cannot be shown again.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/keys",
    operation_id = "create_key",
    tag = "Keys",
    security(("root_key" = [])),
    params(("project" = String, Path, description = "The project's id")),
    request_body = CreateIn,
    responses(
        (status = 201, description = "The key, shown this once", body = KeyOut),
        (status = 404, description = "There is no such project", body = ProblemOut),
        (status = 422, description = "Not valid: every fault with its pointer", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    _: RootCaller,
    Path(project): Path<String>,
    Json(body): Json<CreateIn>,
) -> Result<Reply<KeyOut>, Problem> {
    let CreateIn { name, mode, tenant, scopes } = body;
    let key = CreateKey { project: &project, name, mode: mode.into(), tenant, scopes };
    let created = key.run(&app.engine).await?;
    Ok(Reply::created(KeyOut { key: Some(created.key), ..created.row.into() }))
}
