//! `PATCH /v1/tenants/{tenant}/endpoints/{id}`

use axum::extract::State;
use http::HeaderMap;
use http::header::IF_MATCH;
use postrider_http::{App, Json, May, Path, Problem, ProblemOut, Reply, WebhooksWrite, code};
use postrider_service::endpoint::ChangeEndpoint;
use serde_json::{Map, Value};

use super::view::{EndpointIn, EndpointOut};

/// Change an endpoint
///
/// A merge patch (RFC 7396): what is not named stays, `null` goes back to the default. A new URL, header or timetable
/// holds from the next attempt, new types or a new filter for later events. Another `signature` makes a secret of that
/// kind, which the answer shows; the old one signs beside it for a day.
///
/// With `If-Match: "<revision>"` nothing is changed unless the endpoint still has that revision.
#[utoipa::path(
    patch,
    path = "/v1/tenants/{tenant}/endpoints/{id}",
    operation_id = "update_endpoint",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:write"])),
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The endpoint's id"),
        ("If-Match" = Option<String>, Header, description = "The revision that the change was made from, in quotes"),
    ),
    request_body = EndpointIn,
    responses(
        (status = 200, description = "The endpoint as it is now", body = EndpointOut),
        (status = 412, description = "It has another revision than `If-Match` names", body = ProblemOut),
        (status = 422, description = "Not valid: every fault with its pointer", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path((tenant, id)): Path<(String, String)>,
    headers: HeaderMap,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Reply<EndpointOut>, Problem> {
    let expected_revision = expected(&headers)?;
    let change =
        ChangeEndpoint { caller: &caller, tenant: &tenant, id: &id, patch: &patch, expected_revision };
    let changed = change.run(&app.engine).await?;
    Ok(Reply::ok(EndpointOut { secret: changed.secret, ..changed.found.into() }))
}

/// The revision that `If-Match` names (RFC 9110, 13.1.1): one, as we show it, or `*` for any.
fn expected(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match (text, quoted.and_then(|revision| revision.parse().ok())) {
        ("*", _) => Ok(None),
        (_, Some(revision)) => Ok(Some(revision)),
        _ => Err(Problem::new(
            code::MALFORMED,
            "If-Match must hold the endpoint's revision in quotes, such as \"7\".",
        )),
    }
}
