//! `DELETE /v1/events/{id}/data`

use axum::extract::State;
use postrider_http::{App, May, NoContent, Path, Problem, WebhooksWrite};
use postrider_service::event::EraseEvent;

/// Erase what an event says
///
/// Its data, changes, attributes and what receivers answered. That it happened, and its deliveries, stay visible until
/// retention.
#[utoipa::path(
    delete,
    path = "/v1/events/{id}/data",
    operation_id = "erase_event_data",
    tag = "Events",
    security(("project_key" = ["webhooks:write"])),
    params(("id" = String, Path, description = "The event's id")),
    responses((status = 204, description = "It is erased")),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksWrite>,
    Path(id): Path<String>,
) -> Result<NoContent, Problem> {
    EraseEvent { caller: &caller, id: &id }.run(&app.engine).await?;
    Ok(NoContent)
}
