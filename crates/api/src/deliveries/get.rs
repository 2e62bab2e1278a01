//! `GET /v1/events/{event}/deliveries/{endpoint}`

use axum::extract::State;
use postrider_http::{App, May, Path, Problem, Reply, WebhooksRead};
use postrider_service::delivery::FindDelivery;

use super::view::DeliveryDetailOut;

/// Show a delivery with its attempts
#[utoipa::path(
    get,
    path = "/v1/events/{event}/deliveries/{endpoint}",
    operation_id = "get_delivery",
    tag = "Deliveries",
    security(("project_key" = ["webhooks:read"])),
    params(
        ("event" = String, Path, description = "The event's id"),
        ("endpoint" = String, Path, description = "The endpoint's id"),
    ),
    responses((status = 200, description = "The delivery", body = DeliveryDetailOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Path((event, endpoint)): Path<(String, String)>,
) -> Result<Reply<DeliveryDetailOut>, Problem> {
    let found = FindDelivery { caller: &caller, event: &event, endpoint: &endpoint }.run(&app.engine).await?;
    Ok(Reply::ok(DeliveryDetailOut::new(&app.engine, found)))
}
