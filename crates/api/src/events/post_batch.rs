//! `POST /v1/events/batch`

use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use postrider_engine::EventIn;
use postrider_engine::accept::{mark_of, mark_of_batch};
use postrider_http::{App, EventsWrite, May, Problem, ProblemOut};
use postrider_model::limits::Limits;
use postrider_service::Fault;
use serde::Serialize;
use utoipa::ToSchema;

use super::accept;
use super::batch_body::read_batch;
use super::body::read_event;
use super::post::{AcceptedOut, EventBody};

/// Events to be accepted together.
#[derive(Debug, ToSchema)]
#[schema(as = EventBatch)]
#[expect(
    dead_code,
    reason = "it describes the body in the OpenAPI document; the body itself is sliced, not copied"
)]
pub struct BatchBody {
    /// Up to 1,000.
    events: Vec<EventBody>,
}

/// Accepted events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AcceptedBatch)]
pub struct AcceptedBatchOut {
    /// In the order of the request.
    data: Vec<AcceptedOut>,
}

/// Send a batch of events
///
/// All or none: with one fault nothing is accepted. Each event may have its own idempotency key; the header covers the
/// whole batch.
#[utoipa::path(
    post,
    path = "/v1/events/batch",
    operation_id = "send_events",
    tag = "Events",
    security(("project_key" = ["events:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Covers the whole batch")),
    request_body = BatchBody,
    responses(
        (status = 202, description = "All are accepted", body = AcceptedBatchOut),
        (status = 409, description = "An idempotency key was used with another body", body = ProblemOut),
        (status = 413, description = "The body or one event is too large", body = ProblemOut),
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
    let body = accept::read(request, limits.max_batch_body_bytes, &app).await?;
    let text = accept::text(&body)?;
    let events = read_events(&body, text, limits)?;
    let mark = header.map(|key| mark_of_batch(&key, text.trim_ascii().as_bytes()));

    let context = engine.project(caller.project).await?;
    let accepted = engine.accept(caller.origin(), events, mark).await;
    let accepted = accepted.map_err(|error| accept::refused(error, true))?;
    let mut json = String::with_capacity(16 + accepted.len() * 64);
    json.push_str(r#"{"data":["#);
    for (index, one) in accepted.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        accept::write_accepted(&mut json, engine, &context, one);
    }
    json.push_str("]}");
    Ok(accept::accepted(json))
}

fn read_events(body: &Bytes, text: &str, limits: &Limits) -> Result<Vec<EventIn>, Problem> {
    let most = limits.max_batch_events;
    let mut faults = Vec::new();
    let raw = read_batch(text, &mut faults).map_err(|error| accept::malformed(&error))?;
    if raw.len() > most {
        faults.push(Fault::at(
            "/events",
            format!("A batch has at most {most} events, this one has {}.", raw.len()),
        ));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let mut events = Vec::with_capacity(raw.len());
    for (index, raw) in raw.into_iter().enumerate() {
        let json = raw.get();
        let prefix = format!("/events/{index}");
        let read = read_event(body, json, &prefix, limits, &mut faults);
        let read = read.map_err(|error| accept::malformed(&error))?;
        if let Some(read) = read {
            let mark = read.idempotency_key.as_deref().map(|key| mark_of(key, json.as_bytes()));
            events.push(EventIn { idempotency: mark, ..read.event });
        }
        if faults.len() >= limits.max_faults {
            break;
        }
    }
    if faults.is_empty() { Ok(events) } else { Err(Problem::invalid(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &'static str) -> Result<Vec<EventIn>, Vec<String>> {
        let body = Bytes::from_static(json.as_bytes());
        read_events(&body, json, &Limits { max_batch_events: 3, ..Limits::default() })
            .map_err(|problem| problem.errors().iter().map(|fault| fault.pointer.clone()).collect())
    }

    #[test]
    fn each_event_is_read_with_its_own_size_and_key() {
        let events = read(
            r#" {"events": [ {"tenant":"t","type":"a","data":1}, {"tenant":"t","type":"b","data":{},"idempotency_key":"k"}]}"#,
        )
        .unwrap();
        assert_eq!(events[0].size, r#"{"tenant":"t","type":"a","data":1}"#.len());
        assert!(events[0].idempotency.is_none() && events[1].idempotency.is_some());
    }

    #[test]
    fn faults_point_into_the_batch() {
        let faults =
            read(r#"{"events": [{"tenant":"t","type":"a","data":1}, {"type":"a","data":1,"x":1}, 7]}"#);
        assert_eq!(faults.unwrap_err(), ["/events/1/x", "/events/1/tenant", "/events/2"]);
    }

    #[test]
    fn what_is_no_batch_or_too_many_is_refused() {
        assert_eq!(read("[]").unwrap_err(), [""]);
        assert_eq!(read("{}").unwrap_err(), ["/events"]);
        assert_eq!(read(r#"{"events": {}}"#).unwrap_err(), ["/events"]);
        assert_eq!(read(r#"{"events": []}"#).unwrap_err(), ["/events"]);
        assert_eq!(read(r#"{"events": [1], "more": 1}"#).unwrap_err(), ["/more"]);
        let twice = r#"{"events": [{"tenant":"t","type":"a","data":1}], "events": []}"#;
        assert_eq!(read(twice).unwrap_err(), ["/events"], "the last one must not win silently");
        assert_eq!(read(r#"{"x": 1, "events": [1], "x": 1}"#).unwrap_err(), ["/x", "/x"]);
        for other in ["null", "7", "\"a\"", "true"] {
            assert_eq!(read(other).unwrap_err(), [""], "{other}");
        }
        assert_eq!(read(r#"{"events": [1,1,1,1]}"#).unwrap_err(), ["/events"]);
    }
}
