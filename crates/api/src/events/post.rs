//! `POST /v1/events`: the hot path.

use axum::extract::{Request, State};
use axum::response::Response;
use postrider_engine::accept::mark_of;
use postrider_http::{App, EventsWrite, May, Problem, ProblemOut};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::accept;
use super::body::read_event;

/// An event.
#[derive(Debug, ToSchema)]
#[schema(as = Event)]
#[expect(
    dead_code,
    reason = "it describes the body in the OpenAPI document; the body itself is sliced, not copied"
)]
pub struct EventBody {
    /// For whom; a tenant that is new is made.
    #[schema(example = "t1")]
    tenant: String,
    /// Its type.
    #[schema(rename = "type", example = "contact.created")]
    r#type: String,
    /// What happened. Its bytes arrive as they are sent.
    #[schema(value_type = Object, example = json!({"id": 7}))]
    data: Value,
    /// What changed.
    #[schema(value_type = Option<Object>)]
    changes: Option<Value>,
    /// A flat map to strings or lists of strings, for filters.
    #[schema(value_type = Option<Object>)]
    attributes: Option<Value>,
    /// When it happened; the time of acceptance if not said.
    #[schema(format = DateTime)]
    timestamp: Option<String>,
    /// Events with the same key keep their order at endpoints that ask for it.
    ordering_key: Option<String>,
    /// Not to be sent before; at most 30 days ahead.
    #[schema(format = DateTime)]
    deliver_at: Option<String>,
    /// Remembered for 24 hours: the same key again answers as before and does nothing. Or as header `Idempotency-Key`.
    idempotency_key: Option<String>,
}

/// An accepted event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Accepted)]
pub struct AcceptedOut {
    /// Its id.
    id: String,
    /// How many deliveries it has, held ones too.
    deliveries: u32,
}

/// Send an event
///
/// Answered when it is on disk. It is delivered to every endpoint of the tenant that wants it.
#[utoipa::path(
    post,
    path = "/v1/events",
    operation_id = "send_event",
    tag = "Events",
    security(("project_key" = ["events:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "In place of the field `idempotency_key`")),
    request_body = EventBody,
    responses(
        (status = 202, description = "It is accepted", body = AcceptedOut),
        (status = 409, description = "The idempotency key was used with another body", body = ProblemOut),
        (status = 413, description = "The event is too large", body = ProblemOut),
        (status = 422, description = "Not valid: every fault with its pointer", body = ProblemOut),
        (status = 503, description = "Overloaded: try again after Retry-After", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<EventsWrite>,
    request: Request,
) -> Result<Response, Problem> {
    let engine = &app.engine;
    let limits = engine.limits();
    let header = accept::idempotency_header(request.headers(), limits)?;
    let context = engine.project(caller.project).await?;
    let most = context.max_event_bytes.saturating_add(limits.event_body_slack_bytes);
    let body = accept::read(request, most, &app).await?;
    let text = accept::text(&body)?.trim_ascii();

    let mut faults = Vec::new();
    let read = read_event(&body, text, "", limits, &mut faults).map_err(|error| accept::malformed(&error))?;
    let Some(read) = read else { return Err(Problem::invalid(faults)) };
    let mut event = read.event;
    let key = match (read.idempotency_key.as_deref(), header.as_deref()) {
        (Some(field), Some(header)) if field != header => {
            return Err(Problem::invalid_at(
                "/idempotency_key",
                "The header Idempotency-Key says another one.",
            ));
        }
        (field, header) => field.or(header),
    };
    event.idempotency = key.map(|key| mark_of(key, text.as_bytes()));

    let accepted = engine.accept(caller.origin(), vec![event], None).await;
    let accepted = accepted.map_err(|error| accept::refused(error, false))?;
    let mut json = String::with_capacity(64);
    for one in &accepted {
        accept::write_accepted(&mut json, engine, &context, one);
    }
    Ok(accept::accepted(json))
}
