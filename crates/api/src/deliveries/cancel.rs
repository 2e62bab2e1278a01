//! `POST /v1/events/{event}/deliveries/{endpoint}/cancel`

use axum::extract::State;
use postrider_http::{App, May, NoBody, Path, Problem, Reply, WebhooksWrite};
use postrider_service::delivery::CancelDelivery;

use super::view::DeliveryDetailOut;

/// Cancel a delivery
///
/// What is pending or held. An attempt in flight finishes; if it succeeds the delivery is delivered. 409 if it has ended
/// already.
#[utoipa::path(
    post,
    path = "/v1/events/{event}/deliveries/{endpoint}/cancel",
    operation_id = "cancel_delivery",
    tag = "Deliveries",
    security(("project_key" = ["webhooks:write"])),
    params(
        ("event" = String, Path, description = "The event's id"),
        ("endpoint" = String, Path, description = "The endpoint's id"),
    ),
    responses((status = 200, description = "The delivery as it is now", body = DeliveryDetailOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path((event, endpoint)): Path<(String, String)>,
    _: NoBody,
) -> Result<Reply<DeliveryDetailOut>, Problem> {
    let found =
        CancelDelivery { caller: &caller, event: &event, endpoint: &endpoint }.run(&app.engine).await?;
    Ok(Reply::ok(DeliveryDetailOut::new(&app.engine, found)))
}
