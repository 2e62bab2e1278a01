//! `DELETE /v1/tenants/{tenant}`

use axum::extract::State;
use postrider_http::{App, May, NoContent, Path, Problem, ProblemOut, WebhooksWrite};
use postrider_service::tenant::DeleteTenant;

/// Delete a tenant
///
/// With its endpoints and keys at once, its events in small steps. A tenant's own key may not do this.
#[utoipa::path(
    delete,
    path = "/v1/tenants/{tenant}",
    operation_id = "delete_tenant",
    tag = "Tenants",
    security(("project_key" = ["webhooks:write"])),
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The key is a tenant's", body = ProblemOut),
        (status = 404, description = "There is no such tenant", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path(id): Path<String>,
) -> Result<NoContent, Problem> {
    caller.check_own(&id).map_err(Problem::from)?;
    let caller = caller.project_wide()?;
    DeleteTenant { caller, tenant: &id }.run(&app.engine, &app.authenticator).await?;
    Ok(NoContent)
}
