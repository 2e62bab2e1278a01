//! `POST /v1/tenants/{tenant}/endpoints/{id}/disable`

use axum::extract::State;
use postrider_http::{App, May, NoBody, Path, Problem, Reply, WebhooksWrite};
use postrider_service::endpoint::SwitchEndpoint;

use super::view::EndpointOut;

/// Disable an endpoint
///
/// Its pending deliveries, and those of events accepted meanwhile, are held. After the answer no attempt begins; one in
/// flight finishes.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/endpoints/{id}/disable",
    operation_id = "disable_endpoint",
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
    let switch = SwitchEndpoint { caller: &caller, tenant: &tenant, id: &id, enabled: false };
    Ok(Reply::ok(switch.run(&app.engine).await?.into()))
}
