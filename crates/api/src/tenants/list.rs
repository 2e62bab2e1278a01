//! `GET /v1/tenants`

use axum::extract::State;
use postrider_http::{App, Cursor, Limit, List, May, Problem, Query, Reply, WebhooksRead, cursor_text};
use postrider_service::tenant;
use postrider_store::Page;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::TenantOut;

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

/// List the tenants
///
/// Newest first. A tenant's key lists its own tenant alone.
#[utoipa::path(
    get,
    path = "/v1/tenants",
    operation_id = "list_tenants",
    tag = "Tenants",
    security(("project_key" = ["webhooks:read"])),
    params(ListIn),
    responses((status = 200, description = "A page of tenants", body = List<TenantOut>)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Query(query): Query<ListIn>,
) -> Result<Reply<List<TenantOut>>, Problem> {
    let page = match &caller.tenant {
        Some((_, own)) => Page { rows: vec![tenant::find(&app.engine, &caller, own).await?], next: None },
        None => {
            app.engine
                .store()
                .tenants(caller.project, cursor_text(query.cursor), query.limit.rows(app.engine.limits()))
                .await?
        }
    };
    Ok(Reply::ok(List::of(page, TenantOut::from)))
}
