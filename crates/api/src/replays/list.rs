//! `GET /v1/replays`

use axum::extract::State;
use postrider_http::{App, Cursor, Limit, List, May, Problem, Query, Reply, WebhooksRead, cursor_text};
use postrider_service::replay::ListReplays;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::ReplayOut;

/// Which replays.
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

/// List replays
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/replays",
    operation_id = "list_replays",
    tag = "Replays",
    security(("project_key" = ["webhooks:read"])),
    params(ListIn),
    responses((status = 200, description = "A page of replays", body = List<ReplayOut>)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Query(query): Query<ListIn>,
) -> Result<Reply<List<ReplayOut>>, Problem> {
    let ListIn { tenant, limit, cursor } = query;
    let list = ListReplays {
        caller: &caller,
        tenant,
        cursor: cursor_text(cursor),
        limit: limit.rows(app.engine.limits()),
    };
    let listed = list.run(&app.engine).await?;
    Ok(Reply::ok(List::of(listed.page, |row| ReplayOut::new(&listed.context, row))))
}
