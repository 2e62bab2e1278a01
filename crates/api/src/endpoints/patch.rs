//! `PATCH /v1/tenants/{tenant}/endpoints/{id}`

use axum::extract::State;
use postrider_http::{App, Json, May, Path, Problem, ProblemOut, Reply, WebhooksWrite};
use postrider_service::endpoint::ChangeEndpoint;
use serde_json::{Map, Value};

use super::view::{EndpointIn, EndpointOut};

/// Change an endpoint
///
/// A merge patch (RFC 7396): what is not named stays, `null` goes back to the default. A new URL, header or timetable
/// holds from the next attempt, new types or a new filter for later events. Another `signature` makes a secret of that
/// kind, which the answer shows; the old one signs beside it for a day.
#[utoipa::path(
    patch,
    path = "/v1/tenants/{tenant}/endpoints/{id}",
    operation_id = "update_endpoint",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:write"])),
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The endpoint's id"),
    ),
    request_body = EndpointIn,
    responses(
        (status = 200, description = "The endpoint as it is now", body = EndpointOut),
        (status = 422, description = "Not valid: every fault with its pointer", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path((tenant, id)): Path<(String, String)>,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Reply<EndpointOut>, Problem> {
    let change = ChangeEndpoint { caller: &caller, tenant: &tenant, id: &id, patch: &patch };
    let changed = change.run(&app.engine).await?;
    Ok(Reply::ok(EndpointOut { secret: changed.secret, ..changed.found.into() }))
}
