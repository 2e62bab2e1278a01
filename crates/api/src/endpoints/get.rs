//! `GET /v1/tenants/{tenant}/endpoints/{id}`

use axum::extract::State;
use postrider_http::{App, May, Path, Problem, Reply, WebhooksRead};
use postrider_service::endpoint::find;

use super::view::EndpointOut;

/// Show an endpoint
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/endpoints/{id}",
    operation_id = "get_endpoint",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:read"])),
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The endpoint's id"),
    ),
    responses((status = 200, description = "The endpoint", body = EndpointOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Path((tenant, id)): Path<(String, String)>,
) -> Result<Reply<EndpointOut>, Problem> {
    Ok(Reply::ok(find(&app.engine, &caller, &tenant, &id).await?.into()))
}
