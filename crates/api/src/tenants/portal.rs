//! `POST /v1/tenants/{tenant}/portal`

use axum::extract::State;
use postrider_http::{App, May, NoBody, Path, Problem, ProblemOut, Reply, WebhooksAdmin};
use postrider_model::time::Millis;
use postrider_service::portal::CreatePortalLink;
use serde::Serialize;
use utoipa::ToSchema;

/// A link to the portal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PortalLink)]
pub struct PortalLinkOut {
    /// Where to send the customer's browser. It works once.
    url: String,
    /// From when on it opens nothing.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Millis,
}

/// Make a link to the portal
///
/// It opens the pages of one tenant, in the mode of the key, once, within five minutes (`portal_link_seconds`); whoever opens
/// it is signed in for eight hours (`portal_session_seconds`). Make one whenever the customer comes. The tenant is made if it
/// is new. With a tenant's key it is the tenant's own.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/portal",
    operation_id = "create_portal_link",
    tag = "Tenants",
    security(("project_key" = ["webhooks:admin"])),
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 201, description = "The link, shown this once", body = PortalLinkOut),
        (status = 404, description = "The key is another tenant's", body = ProblemOut),
        (status = 422, description = "No tenant can have this id", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksAdmin>,
    Path(tenant): Path<String>,
    _: NoBody,
) -> Result<Reply<PortalLinkOut>, Problem> {
    let link = CreatePortalLink { caller: &caller, tenant: &tenant }.run(&app.engine).await?;
    let url = format!("{}/portal/{}", app.public_url, link.token);
    Ok(Reply::created(PortalLinkOut { url, expires_at: link.expires_at }))
}
