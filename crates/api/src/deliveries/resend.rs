//! `POST /v1/events/{event}/deliveries/{endpoint}/resend`

use axum::extract::State;
use postrider_http::{App, May, NoBody, Path, Problem, Reply, WebhooksWrite};
use postrider_service::delivery::ResendDelivery;

use super::view::DeliveryDetailOut;

/// Send a delivery again
///
/// The same event id; attempt numbers go on, the timetable starts anew, outside the order. 409 if it is pending or its
/// endpoint is disabled, 410 after retention.
#[utoipa::path(
    post,
    path = "/v1/events/{event}/deliveries/{endpoint}/resend",
    operation_id = "resend_delivery",
    tag = "Deliveries",
    security(("project_key" = ["webhooks:write"])),
    params(
        ("event" = String, Path, description = "The event's id"),
        ("endpoint" = String, Path, description = "The endpoint's id"),
    ),
    responses((status = 202, description = "The delivery as it is now", body = DeliveryDetailOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path((event, endpoint)): Path<(String, String)>,
    _: NoBody,
) -> Result<Reply<DeliveryDetailOut>, Problem> {
    let found =
        ResendDelivery { caller: &caller, event: &event, endpoint: &endpoint }.run(&app.engine).await?;
    Ok(Reply::accepted(DeliveryDetailOut::new(&app.engine, found)))
}
