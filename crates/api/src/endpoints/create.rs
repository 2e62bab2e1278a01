//! `POST /v1/tenants/{tenant}/endpoints`

use axum::extract::State;
use postrider_http::{App, Json, May, Path, Problem, ProblemOut, Reply, WebhooksWrite};
use postrider_service::endpoint::CreateEndpoint;
use serde_json::{Map, Value};

use super::view::{EndpointIn, EndpointOut};

/// Create an endpoint
///
/// The tenant is made if it is new. The answer shows the signing secret, given or made; where the contract does not
/// let it be read back, this is the only time.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/endpoints",
    operation_id = "create_endpoint",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:write"])),
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body = EndpointIn,
    responses(
        (status = 201, description = "The endpoint with its secret", body = EndpointOut),
        (status = 422, description = "Not valid: every fault with its pointer", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path(tenant): Path<String>,
    Json(document): Json<Map<String, Value>>,
) -> Result<Reply<EndpointOut>, Problem> {
    let created = CreateEndpoint { caller: &caller, tenant: &tenant, document: document.into() }
        .run(&app.engine)
        .await?;
    Ok(Reply::created(EndpointOut { secret: created.secret, ..created.found.into() }))
}
