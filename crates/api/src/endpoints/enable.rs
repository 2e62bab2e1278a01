//! `POST /v1/tenants/{tenant}/endpoints/{id}/enable`

use axum::extract::State;
use postrider_http::{App, May, NoBody, Path, Problem, Reply, WebhooksWrite};
use postrider_service::endpoint::SwitchEndpoint;

use super::view::EndpointOut;

/// Enable an endpoint
///
/// Clears the failure count. Nothing is sent by itself: replay what was held.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/endpoints/{id}/enable",
    operation_id = "enable_endpoint",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:write"])),
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The endpoint's id"),
    ),
    responses((status = 200, description = "The endpoint as it is now", body = EndpointOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path((tenant, id)): Path<(String, String)>,
    _: NoBody,
) -> Result<Reply<EndpointOut>, Problem> {
    let switch = SwitchEndpoint { caller: &caller, tenant: &tenant, id: &id, enabled: true };
    Ok(Reply::ok(switch.run(&app.engine).await?.into()))
}
