//! `GET /v1/events/{id}`

use axum::extract::State;
use postrider_http::{App, May, Path, Problem, Reply, WebhooksRead};
use postrider_service::event::FindEvent;

use super::view::EventDetailOut;

/// Show an event with its payload and deliveries
#[utoipa::path(
    get,
    path = "/v1/events/{id}",
    operation_id = "get_event",
    tag = "Events",
    security(("project_key" = ["webhooks:read"])),
    params(("id" = String, Path, description = "The event's id")),
    responses((status = 200, description = "The event", body = EventDetailOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Path(id): Path<String>,
) -> Result<Reply<EventDetailOut>, Problem> {
    let found = FindEvent { caller: &caller, id: &id }.run(&app.engine).await?;
    Ok(Reply::ok(EventDetailOut::new(&app.engine, found)?))
}
