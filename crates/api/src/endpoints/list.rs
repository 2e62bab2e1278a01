//! `GET /v1/tenants/{tenant}/endpoints`

use axum::extract::State;
use postrider_http::{App, Cursor, Limit, List, May, Path, Problem, Query, Reply, WebhooksRead, cursor_text};
use postrider_service::endpoint::ListEndpoints;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::EndpointOut;

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

/// List a tenant's endpoints
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/endpoints",
    operation_id = "list_endpoints",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:read"])),
    params(("tenant" = String, Path, description = "The tenant's id"), ListIn),
    responses((status = 200, description = "A page of endpoints", body = List<EndpointOut>)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Path(tenant): Path<String>,
    Query(query): Query<ListIn>,
) -> Result<Reply<List<EndpointOut>>, Problem> {
    // In a path another tenant is a 404 (DESIGN 4.4).
    caller.check_tenant(&tenant)?;
    let list = ListEndpoints {
        caller: &caller,
        tenant: Some(&tenant),
        enabled: None,
        failing: None,
        cursor: cursor_text(query.cursor),
        limit: query.limit.rows(app.engine.limits()),
    };
    Ok(Reply::ok(List::of(list.run(&app.engine).await?, EndpointOut::from)))
}
