//! What `POST /v1/events` and its batch share: reading the body, and answers without an intermediate tree.

use std::fmt::Write as _;

use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use postrider_engine::{AcceptError, Accepted, Engine, ProjectContext};
use postrider_http::body::require_json;
use postrider_http::{App, Problem, code, json_response};
use postrider_model::limits::Limits;
use postrider_service::{Fault, ids};

use super::body::check_idempotency_key;

/// The body, if it is UTF-8 and declared as JSON.
pub(super) async fn read(request: Request, limit_bytes: usize, app: &App) -> Result<Bytes, Problem> {
    require_json(request.headers())?;
    postrider_http::body::read(request, limit_bytes, app).await
}

/// The body as text.
pub(super) fn text(body: &Bytes) -> Result<&str, Problem> {
    std::str::from_utf8(body).map_err(|error| {
        Problem::new(code::MALFORMED, format!("The body is not UTF-8 at byte {}.", error.valid_up_to()))
    })
}

/// The answer to a body that is not JSON.
pub(super) fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(code::MALFORMED, format!("The body is not JSON: {error}."))
}

/// The header `Idempotency-Key`.
pub(super) fn idempotency_header(headers: &HeaderMap, limits: &Limits) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.any(|other| other != first) {
        return Err(Problem::invalid_at(
            "/Idempotency-Key",
            "The header is given twice with different values.",
        ));
    }
    let key = first
        .to_str()
        .map_err(|_| Problem::invalid_at("/Idempotency-Key", "An idempotency key in a header is ASCII."))?;
    check_idempotency_key(key, limits).map_err(|detail| Problem::invalid_at("/Idempotency-Key", detail))?;
    Ok(Some(key.to_owned()))
}

/// Appends `{"id":"evt_…","deliveries":2}`. Ids are made of letters, digits, `_` and `-`: nothing to escape.
pub(super) fn write_accepted(
    json: &mut String,
    engine: &Engine,
    context: &ProjectContext,
    accepted: &Accepted,
) {
    let id = ids::show_event(engine, context, accepted.ordinal);
    // Writing into a String cannot fail.
    let _ = write!(json, r#"{{"id":"{id}","deliveries":{}}}"#, accepted.deliveries);
}

/// 202.
pub(super) fn accepted(json: String) -> Response {
    json_response(StatusCode::ACCEPTED, json)
}

/// A refusal of the engine, with each event's own pointers put behind `/events/3` where it came in a batch.
pub(super) fn refused(error: AcceptError, batch: bool) -> Problem {
    match error {
        AcceptError::Invalid(faults) if batch => {
            let placed = |fault: postrider_engine::Fault| {
                Fault::at(format!("/events/{}{}", fault.event, fault.pointer), fault.detail)
            };
            Problem::invalid(faults.into_iter().map(placed).collect())
        }
        AcceptError::TooLarge { event, limit } if batch => Problem::new(
            code::TOO_LARGE,
            format!("Event {event} is larger than {limit} bytes (setting max_event_bytes)."),
        ),
        AcceptError::Conflict { event: Some(event) } if batch => Problem::new(
            code::IDEMPOTENCY_CONFLICT,
            format!("The idempotency key of event {event} was used with another body in the last 24 hours."),
        ),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_idempotency_key_in_the_header_is_checked_like_the_field() {
        let mut headers = HeaderMap::new();
        assert_eq!(idempotency_header(&headers, &Limits::default()).unwrap(), None);
        headers.append("Idempotency-Key", HeaderValue::from_static("k1"));
        headers.append("Idempotency-Key", HeaderValue::from_static("k1"));
        assert_eq!(idempotency_header(&headers, &Limits::default()).unwrap().as_deref(), Some("k1"));
        headers.append("Idempotency-Key", HeaderValue::from_static("k2"));
        assert_eq!(idempotency_header(&headers, &Limits::default()).unwrap_err().code(), code::INVALID);
        let limits = Limits { max_idempotency_key_bytes: 2, ..Limits::default() };
        headers.insert("Idempotency-Key", HeaderValue::from_static("abc"));
        let problem = idempotency_header(&headers, &limits).unwrap_err();
        assert!(problem.detail().contains("at most 2 bytes"), "{}", problem.detail());
        headers.insert("Idempotency-Key", HeaderValue::from_static(""));
        assert_eq!(idempotency_header(&headers, &Limits::default()).unwrap_err().code(), code::INVALID);
    }

    #[test]
    fn a_fault_in_a_batch_points_to_its_event() {
        let fault = postrider_engine::Fault { event: 3, pointer: "/data/x".into(), detail: "no".into() };
        let problem = refused(AcceptError::Invalid(vec![fault]), true);
        assert_eq!(problem.errors()[0].pointer, "/events/3/data/x");
    }
}
