//! Every error answer: RFC 9457 problem details with a stable code (DESIGN 4.2).

use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use postrider_engine::AcceptError;
use postrider_service::{Fault, ServiceError};
use postrider_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::code::{self, Code};

/// The media type of problems.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: &'static Code,
    detail: Cow<'static, str>,
    errors: Vec<Fault>,
    retry_after_seconds: Option<u32>,
}

/// The body of a problem as it is sent, RFC 9457 section 3.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemOut<'a> {
    /// Where this kind of problem is described: `/docs/problems/{code}` of this server.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, for people.
    pub title: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time, for people.
    pub detail: &'a str,
    /// The kind of problem, for programs. Never changes its meaning.
    pub code: &'a str,
    /// What is wrong in the request, where it is not valid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FaultOut<'a>>,
}

/// One fault of a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fault)]
pub struct FaultOut<'a> {
    /// JSON pointer (RFC 6901) into the body, or `/name` of a query parameter. Empty for the whole.
    pub pointer: &'a str,
    /// What is wrong there.
    pub detail: &'a str,
}

impl Problem {
    /// A problem of that kind.
    pub fn new(code: &'static Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after_seconds: None }
    }

    /// 422 with every fault. The detail names the first.
    pub fn invalid(errors: Vec<Fault>) -> Self {
        let detail = match errors.as_slice() {
            [] => "The request is not valid.".to_owned(),
            [one] => place(one),
            [first, rest @ ..] => format!("{} ({} more)", place(first), rest.len()),
        };
        Self { errors, ..Self::new(code::INVALID, detail) }
    }

    /// 422 with one fault.
    pub fn invalid_at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Fault::at(pointer, detail)])
    }

    /// 404 for a thing of that kind.
    pub fn not_found(what: &str) -> Self {
        Self::new(code::NOT_FOUND, format!("There is no such {what}."))
    }

    /// With a Retry-After header.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Its kind.
    pub fn code(&self) -> &'static Code {
        self.code
    }

    /// The single faults.
    pub fn errors(&self) -> &[Fault] {
        &self.errors
    }

    /// What is wrong, for people.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    fn body(&self) -> Vec<u8> {
        let out = ProblemOut {
            kind: format!("/docs/problems/{}", self.code.name),
            title: self.code.title,
            status: self.code.status,
            detail: &self.detail,
            code: self.code.name,
            errors: self.errors.iter().map(|f| FaultOut { pointer: &f.pointer, detail: &f.detail }).collect(),
        };
        serde_json::to_vec(&out).unwrap_or_default()
    }
}

fn place(fault: &Fault) -> String {
    if fault.pointer.is_empty() {
        fault.detail.clone()
    } else {
        format!("{}: {}", fault.pointer, fault.detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body()));
        *response.status_mut() =
            StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == code::UNAUTHENTICATED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // A surface whose errors look otherwise finds it here.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Invalid(faults) => Self::invalid(faults),
            ServiceError::Unauthenticated(detail) => Self::new(code::UNAUTHENTICATED, detail),
            ServiceError::Forbidden(detail) => Self::new(code::FORBIDDEN, detail),
            ServiceError::NotFound(what) => Self::not_found(what),
            ServiceError::Conflict { code, detail } => {
                Self::new(code::named(code).unwrap_or(code::CONFLICT), detail)
            }
            ServiceError::Gone(detail) => Self::new(code::GONE, detail),
            ServiceError::Accept(error) => error.into(),
            ServiceError::Store(error) => error.into(),
            ServiceError::Internal(detail) => internal(&detail),
        }
    }
}

impl From<AcceptError> for Problem {
    /// For a request with one event. Where there are several, the surface adds the event to the pointers.
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Invalid(faults) => Self::invalid(faults.into_iter().map(Fault::from).collect()),
            AcceptError::TooLarge { limit, .. } => Self::new(
                code::TOO_LARGE,
                format!("The event is larger than {limit} bytes (setting max_event_bytes)."),
            ),
            AcceptError::WrongTenant => {
                Self::new(code::FORBIDDEN, "The key belongs to another tenant than the event.")
            }
            AcceptError::Conflict { .. } => Self::new(
                code::IDEMPOTENCY_CONFLICT,
                "The idempotency key was used with another body in the last 24 hours.",
            ),
            AcceptError::Overloaded { retry_after_seconds, detail } => {
                Self::new(code::OVERLOADED, detail).retry_after(retry_after_seconds.max(1))
            }
            AcceptError::Unsigned => Self::new(
                code::CONFLICT,
                "The endpoint's secret is not one of the project's contract, and nothing is sent unsigned: rotate it.",
            ),
            AcceptError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) | StoreError::Exists(_) | StoreError::Limit(_) => {
                ServiceError::from(error).into()
            }
            StoreError::Fenced => {
                Self::new(code::UNAVAILABLE, "This node has lost its place among the others and joins again.")
                    .retry_after(1)
            }
            StoreError::Unsupported(what) => {
                Self::new(code::CONFLICT, format!("This is not done by Postrider on this store: {what}."))
            }
            StoreError::BadCursor => Self::invalid_at("/cursor", "This is not a cursor of this list."),
            StoreError::Unavailable(detail) => {
                tracing::warn!(detail, "the store is unavailable");
                Self::new(code::UNAVAILABLE, "The store cannot answer now.").retry_after(1)
            }
            StoreError::Full(detail) => {
                tracing::error!(detail, "the store is full");
                Self::new(code::OVERLOADED, "The disk of the server is full.").retry_after(30)
            }
            StoreError::Corrupt { .. } | StoreError::Fatal(_) => internal(&error.to_string()),
        }
    }
}

/// What went wrong inside is for the log: an answer could show what belongs to somebody else.
fn internal(detail: &str) -> Problem {
    tracing::error!(detail, "a request failed by a fault of ours");
    Problem::new(code::INTERNAL, "The request failed by a fault of the server. Its log says more.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_its_type_title_status_detail_and_code() {
        let problem = Problem::invalid(vec![Fault::at("/url", "is not a URL"), Fault::at("/x", "unknown")]);
        let body: serde_json::Value = serde_json::from_slice(&problem.body()).unwrap();
        assert_eq!(body["type"], "/docs/problems/invalid");
        assert_eq!(body["title"], "Not valid");
        assert_eq!(body["status"], 422);
        assert_eq!(body["code"], "invalid");
        assert_eq!(body["detail"], "/url: is not a URL (1 more)");
        assert_eq!(body["errors"][0]["pointer"], "/url");
        assert_eq!(problem.into_response().headers()[CONTENT_TYPE], PROBLEM_JSON);
    }

    #[test]
    fn an_overloaded_server_says_when_to_try_again() {
        let error =
            AcceptError::Overloaded { retry_after_seconds: 2, detail: "The commit queue is full.".into() };
        let response = Problem::from(error).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[RETRY_AFTER], "2");
    }

    #[test]
    fn the_text_of_an_internal_error_stays_inside() {
        let problem = Problem::from(ServiceError::Internal("secret of acme".into()));
        assert!(!problem.detail().contains("acme"));
    }

    #[test]
    fn a_missing_key_is_answered_with_the_scheme_to_use() {
        let response = Problem::new(code::UNAUTHENTICATED, "No key.").into_response();
        assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
    }
}
