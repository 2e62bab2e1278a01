//! `GET /v1/tenants/{tenant}`

use axum::extract::State;
use postrider_http::{App, May, Path, Problem, ProblemOut, Reply, WebhooksRead};
use postrider_service::tenant;

use super::view::TenantOut;

/// Show a tenant
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}",
    operation_id = "get_tenant",
    tag = "Tenants",
    security(("project_key" = ["webhooks:read"])),
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 200, description = "The tenant", body = TenantOut),
        (status = 404, description = "There is no such tenant", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Path(id): Path<String>,
) -> Result<Reply<TenantOut>, Problem> {
    Ok(Reply::ok(tenant::find(&app.engine, &caller, &id).await?.into()))
}
