//! `GET /v1/events/{event}/deliveries/{endpoint}/request`

use axum::extract::State;
use postrider_http::{App, May, Path, Problem, Reply, WebhooksRead};
use postrider_service::delivery::{ShowRequest, ShownRequest, ShownValue};
use serde::Serialize;
use utoipa::ToSchema;

/// A delivery's request, as it can be shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryRequest)]
pub struct RequestOut {
    /// Always `POST`.
    method: &'static str,
    /// Where it goes.
    url: String,
    /// Its headers in their order.
    headers: Vec<HeaderOut>,
    /// Its body as text; `null` once the event's data was erased.
    body: Option<String>,
    /// Whether it is one of several events in a list; the others are not kept.
    batch: bool,
}

/// A header.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryRequestHeader)]
pub struct HeaderOut {
    /// Its name.
    name: String,
    /// Its value; `null` where it is not shown.
    value: Option<String>,
    /// Why not: `secret`, or `signature`, which is made anew for each attempt.
    hidden: Option<&'static str>,
}

impl From<(String, ShownValue)> for HeaderOut {
    fn from((name, value): (String, ShownValue)) -> Self {
        let (value, hidden) = match value {
            ShownValue::Plain(value) => (Some(value), None),
            ShownValue::Secret => (None, Some("secret")),
            ShownValue::Signature => (None, Some("signature")),
        };
        Self { name, value, hidden }
    }
}

impl From<ShownRequest> for RequestOut {
    fn from(request: ShownRequest) -> Self {
        Self {
            method: "POST",
            url: request.url,
            headers: request.headers.into_iter().map(HeaderOut::from).collect(),
            body: request.body.map(|body| String::from_utf8_lossy(&body).into_owned()),
            batch: request.batch,
        }
    }
}

/// Show a delivery's request
///
/// Requests are not stored: it is made anew from what is kept of the event, by the contract and the endpoint as they are
/// now, as the next attempt's is. Times in headers are those of the last attempt. Secrets and signatures are left out.
#[utoipa::path(
    get,
    path = "/v1/events/{event}/deliveries/{endpoint}/request",
    operation_id = "get_delivery_request",
    tag = "Deliveries",
    security(("project_key" = ["webhooks:read"])),
    params(
        ("event" = String, Path, description = "The event's id"),
        ("endpoint" = String, Path, description = "The endpoint's id"),
    ),
    responses((status = 200, description = "The request", body = RequestOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Path((event, endpoint)): Path<(String, String)>,
) -> Result<Reply<RequestOut>, Problem> {
    let shown = ShowRequest { caller: &caller, event: &event, endpoint: &endpoint }.run(&app.engine).await?;
    Ok(Reply::ok(shown.into()))
}
