//! `DELETE /v1/tenants/{tenant}/endpoints/{id}`

use axum::extract::State;
use postrider_http::{App, May, NoContent, Path, Problem, WebhooksWrite};
use postrider_service::endpoint::DeleteEndpoint;

/// Delete an endpoint
///
/// What is pending or held is cancelled; the history stays until retention.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}/endpoints/{id}",
    operation_id = "delete_endpoint",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:write"])),
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The endpoint's id"),
    ),
    responses((status = 204, description = "It is deleted")),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path((tenant, id)): Path<(String, String)>,
) -> Result<NoContent, Problem> {
    DeleteEndpoint { caller: &caller, tenant: &tenant, id: &id }.run(&app.engine).await?;
    Ok(NoContent)
}
