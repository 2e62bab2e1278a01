//! `GET /v1/endpoints`

use axum::extract::State;
use postrider_http::{App, Cursor, Limit, List, May, Problem, Query, Reply, WebhooksRead, cursor_text};
use postrider_service::endpoint::ListEndpoints;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::EndpointOut;

/// Which endpoints.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListAllIn {
    /// Of this tenant.
    tenant: Option<String>,
    /// `true`: those that get events; `false`: those that do not.
    enabled: Option<bool>,
    /// `true`: those of which the last attempt failed; `false`: the others. Enabling an endpoint makes it one of the
    /// others.
    failing: Option<bool>,
    /// Rows of the page, at most 250.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// List the project's endpoints
///
/// Of all tenants, newest first; with a tenant's key its own.
#[utoipa::path(
    get,
    path = "/v1/endpoints",
    operation_id = "list_all_endpoints",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:read"])),
    params(ListAllIn),
    responses((status = 200, description = "A page of endpoints", body = List<EndpointOut>)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Query(query): Query<ListAllIn>,
) -> Result<Reply<List<EndpointOut>>, Problem> {
    let list = ListEndpoints {
        caller: &caller,
        tenant: query.tenant.as_deref(),
        enabled: query.enabled,
        failing: query.failing,
        cursor: cursor_text(query.cursor),
        limit: query.limit.rows(app.engine.limits()),
    };
    Ok(Reply::ok(List::of(list.run(&app.engine).await?, EndpointOut::from)))
}
