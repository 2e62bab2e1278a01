//! `GET /v1/event-types/{name}`

use axum::extract::State;
use postrider_http::{App, May, Path, Problem, ProblemOut, Reply, WebhooksRead};
use postrider_service::event_type::FindEventType;

use super::view::EventTypeOut;

/// Show an event type
///
/// Archived ones too.
#[utoipa::path(
    get,
    path = "/v1/event-types/{name}",
    operation_id = "get_event_type",
    tag = "Event types",
    security(("project_key" = ["webhooks:read"])),
    params(("name" = String, Path, description = "The type's name")),
    responses(
        (status = 200, description = "The type", body = EventTypeOut),
        (status = 404, description = "There is no such type", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Path(name): Path<String>,
) -> Result<Reply<EventTypeOut>, Problem> {
    Ok(Reply::ok(FindEventType { caller: &caller, name: &name }.run(&app.engine).await?.into()))
}
