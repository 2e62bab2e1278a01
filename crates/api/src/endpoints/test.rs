//! `POST /v1/tenants/{tenant}/endpoints/{id}/test`

use axum::extract::State;
use bytes::Bytes;
use postrider_http::{App, May, OptionalJson, Path, Problem, Reply, WebhooksWrite};
use postrider_service::endpoint::TestEndpoint;
use postrider_service::ids;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::deliveries::view::AttemptOut;

/// What to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TestBody)]
pub struct TestIn {
    /// The event's type; the first the endpoint names, or the first of the catalogue, if not said.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The event's data; the type's example if not said.
    #[schema(value_type = Option<Object>)]
    data: Option<Box<RawValue>>,
}

/// The attempt, with the test event it was made for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TestSent)]
pub struct TestOut {
    /// The test event.
    event: String,
    /// The endpoint.
    endpoint: String,
    #[serde(flatten)]
    attempt: AttemptOut,
}

/// Send a test event
///
/// Sends now, to this endpoint alone, whatever its types, filter, batch or state, once, and answers with the attempt.
/// A test is listed but never counts for the endpoint's health.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/endpoints/{id}/test",
    operation_id = "test_endpoint",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:write"])),
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The endpoint's id"),
    ),
    request_body = Option<TestIn>,
    responses((status = 200, description = "The attempt", body = TestOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path((tenant, id)): Path<(String, String)>,
    OptionalJson(body): OptionalJson<TestIn>,
) -> Result<Reply<TestOut>, Problem> {
    let TestIn { kind, data } = body;
    let data = data.map(|raw| Bytes::from(String::from(Box::<str>::from(raw))));
    let tested =
        TestEndpoint { caller: &caller, tenant: &tenant, id: &id, kind, data }.run(&app.engine).await?;
    let (found, sent) = (&tested.found, tested.sent);
    let attempt_id = ids::show_attempt(&app.engine, sent.event, found.endpoint.id, sent.attempt.number);
    Ok(Reply::ok(TestOut {
        event: ids::show_event(&app.engine, &found.context, sent.event),
        endpoint: found.public_id(),
        attempt: AttemptOut::new(attempt_id, sent.attempt, None),
    }))
}
