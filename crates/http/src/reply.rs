//! JSON answers.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::code;
use crate::problem::Problem;

/// An answer with a JSON body. Never cached: it may hold a secret.
#[derive(Debug)]
pub struct Reply<T>(StatusCode, T);

impl<T> Reply<T> {
    /// 200.
    pub fn ok(body: T) -> Self {
        Self(StatusCode::OK, body)
    }

    /// 201.
    pub fn created(body: T) -> Self {
        Self(StatusCode::CREATED, body)
    }

    /// 202.
    pub fn accepted(body: T) -> Self {
        Self(StatusCode::ACCEPTED, body)
    }
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.1) {
            Ok(json) => json_response(self.0, json),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written");
                Problem::new(code::INTERNAL, "The answer could not be written.").into_response()
            }
        }
    }
}

/// A response of JSON that is already written; for the hot path.
pub fn json_response(status: StatusCode, json: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(json.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// 204.
#[derive(Debug)]
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}
