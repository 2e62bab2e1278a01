//! `GET /v1/projects`

use axum::extract::State;
use postrider_http::{App, Cursor, Limit, List, Problem, Query, Reply, RootCaller, cursor_text};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::ProjectOut;

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListIn {
    /// Rows of the page, at most 250.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// List the projects
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/projects",
    operation_id = "list_projects",
    tag = "Projects",
    security(("root_key" = [])),
    params(ListIn),
    responses((status = 200, description = "A page of projects", body = List<ProjectOut>)),
)]
pub async fn handler(
    State(app): State<App>,
    _: RootCaller,
    Query(query): Query<ListIn>,
) -> Result<Reply<List<ProjectOut>>, Problem> {
    let page =
        app.engine.store().projects(cursor_text(query.cursor), query.limit.rows(app.engine.limits())).await?;
    Ok(Reply::ok(List::of(page, ProjectOut::from)))
}
