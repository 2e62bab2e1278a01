//! `DELETE /v1/event-types/{name}`

use axum::extract::State;
use postrider_http::{App, May, NoContent, Path, Problem, ProblemOut, ProjectAdmin};
use postrider_service::event_type::ArchiveEventType;

/// Archive an event type
///
/// It is no longer in the catalogue; what was sent stays. Declaring it again takes it back.
#[utoipa::path(
    delete,
    path = "/v1/event-types/{name}",
    operation_id = "archive_event_type",
    tag = "Event types",
    security(("project_key" = ["project:admin"])),
    params(("name" = String, Path, description = "The type's name")),
    responses(
        (status = 204, description = "It is archived"),
        (status = 404, description = "There is no such type", body = ProblemOut),
        (status = 409, description = "It belongs to the contract", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<ProjectAdmin>,
    Path(name): Path<String>,
) -> Result<NoContent, Problem> {
    let caller = caller.project_wide()?;
    ArchiveEventType { caller, name: &name }.run(&app.engine).await?;
    Ok(NoContent)
}
