//! `GET /v1/projects/{project}/keys`

use axum::extract::State;
use postrider_http::{
    App, Cursor, Limit, List, Path, Problem, ProblemOut, Query, Reply, RootCaller, cursor_text,
};
use postrider_service::key::ListKeys;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::KeyOut;

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListIn {
    /// Of this tenant.
    tenant: Option<String>,
    /// Rows of the page, at most 250.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// List a project's keys
///
/// Newest first, by their prefixes; without the revoked ones.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/keys",
    operation_id = "list_keys",
    tag = "Keys",
    security(("root_key" = [])),
    params(("project" = String, Path, description = "The project's id"), ListIn),
    responses(
        (status = 200, description = "A page of keys", body = List<KeyOut>),
        (status = 404, description = "There is no such project", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    _: RootCaller,
    Path(project): Path<String>,
    Query(query): Query<ListIn>,
) -> Result<Reply<List<KeyOut>>, Problem> {
    let ListIn { tenant, limit, cursor } = query;
    let list = ListKeys {
        project: &project,
        tenant: tenant.as_deref(),
        cursor: cursor_text(cursor),
        limit: limit.rows(app.engine.limits()),
    };
    let page = list.run(&app.engine).await?;
    Ok(Reply::ok(List::of(page, KeyOut::from)))
}
