//! `PUT /v1/event-types/{name}`

use axum::extract::State;
use postrider_http::{App, May, OptionalJson, Path, Problem, ProblemOut, ProjectAdmin, Reply};
use postrider_service::event_type::PutEventType;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::view::EventTypeOut;

/// What an event type is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventTypeDeclaration)]
pub struct PutIn {
    /// What it means.
    #[serde(default)]
    description: Option<String>,
    /// JSON Schema of `data`, at most 64 KiB, without references to the outside. An event that breaks it is refused.
    schema: Option<Value>,
    /// An example of `data`; it must keep the schema.
    example: Option<Value>,
}

/// Declare an event type
///
/// Creates or replaces it, and takes it back from the archive.
#[utoipa::path(
    put,
    path = "/v1/event-types/{name}",
    operation_id = "put_event_type",
    tag = "Event types",
    security(("project_key" = ["project:admin"])),
    params(("name" = String, Path, description = "The type's name")),
    request_body = Option<PutIn>,
    responses(
        (status = 200, description = "It was replaced", body = EventTypeOut),
        (status = 201, description = "It is new", body = EventTypeOut),
        (status = 422, description = "Not valid: every fault with its pointer", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<ProjectAdmin>,
    Path(name): Path<String>,
    OptionalJson(body): OptionalJson<PutIn>,
) -> Result<Reply<EventTypeOut>, Problem> {
    let caller = caller.project_wide()?;
    let PutIn { description, schema, example } = body;
    let put =
        PutEventType { caller, name: &name, description: description.unwrap_or_default(), schema, example };
    let outcome = put.run(&app.engine).await?;
    let kind = EventTypeOut::from(outcome.kind);
    Ok(if outcome.created { Reply::created(kind) } else { Reply::ok(kind) })
}
