//! The body of a request: its type checked, its size bounded, its arrival timed.

use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use postrider_model::limits::Limits;
use serde::de::DeserializeOwned;

use crate::app::HasLimits;
use crate::code;
use crate::parse::parse;
use crate::problem::Problem;

/// A JSON body that must be there.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: HasLimits + Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let limits = state.limits();
        let body = read(request, limits.max_body_bytes, limits).await?;
        Ok(Self(parse(&body, limits.json_depth)?))
    }
}

/// A JSON body that may be left out with its Content-Type, where every field is optional (DESIGN 4.4).
/// An absent or empty body reads as `{}`.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<S: HasLimits + Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = require_json(request.headers());
        let limits = state.limits();
        let body = read(request, limits.max_body_bytes, limits).await?;
        if body.is_empty() {
            return Ok(Self(parse(b"{}", limits.json_depth)?));
        }
        is_json?;
        Ok(Self(parse(&body, limits.json_depth)?))
    }
}

/// `Ok` if the headers say that the body is plain JSON.
///
/// # Errors
/// [`code::UNSUPPORTED_MEDIA_TYPE`].
pub fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(Problem::new(
            code::UNSUPPORTED_MEDIA_TYPE,
            "The body must be sent without a Content-Encoding.",
        ));
    }
    match headers.get(CONTENT_TYPE) {
        Some(value) if is_json(value) => Ok(()),
        Some(_) => {
            Err(Problem::new(code::UNSUPPORTED_MEDIA_TYPE, "The Content-Type must be application/json."))
        }
        None => {
            Err(Problem::new(code::UNSUPPORTED_MEDIA_TYPE, "The Content-Type is missing: application/json."))
        }
    }
}

fn is_json(value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    // The common case first.
    if value == b"application/json" {
        return true;
    }
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"application/json")
}

/// Reads the body. One that comes in a single frame is not copied.
///
/// # Errors
/// [`code::TOO_LARGE`] above `limit_bytes`, without reading further; [`code::REQUEST_TIMEOUT`] if it takes longer
/// than the limits say; [`code::MALFORMED`] if the connection breaks off.
pub async fn read(request: Request, limit_bytes: usize, limits: &Limits) -> Result<Bytes, Problem> {
    if announced(request.headers()).is_some_and(|bytes| bytes > limit_bytes as u64) {
        return Err(too_large(limit_bytes));
    }
    let wait = limits.max_body_wait;
    match tokio::time::timeout(wait, collect(request.into_body(), limit_bytes)).await {
        Ok(body) => body,
        Err(_) => Err(Problem::new(
            code::REQUEST_TIMEOUT,
            format!("The body did not arrive within {} seconds.", wait.as_secs()),
        )),
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn collect(mut body: axum::body::Body, limit_bytes: usize) -> Result<Bytes, Problem> {
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(code::MALFORMED, "The body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + whole.len() + data.len() > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        if first.is_empty() && whole.is_empty() {
            first = data;
            continue;
        }
        if !first.is_empty() {
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&data);
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

fn too_large(limit_bytes: usize) -> Problem {
    Problem::new(code::TOO_LARGE, format!("The body is larger than {limit_bytes} bytes."))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    impl HasLimits for Limits {
        fn limits(&self) -> &Limits {
            self
        }
    }

    fn chunks(parts: &'static [&'static str]) -> Request {
        let frames = parts.iter().map(|part| Ok::<_, std::io::Error>(Bytes::from_static(part.as_bytes())));
        Request::new(Body::from_stream(futures::stream::iter(frames)))
    }

    #[tokio::test]
    async fn a_body_in_several_frames_is_put_together() {
        assert_eq!(read(chunks(&["ab", "", "cd", "e"]), 5, &Limits::default()).await.unwrap(), "abcde");
        assert_eq!(read(chunks(&[]), 5, &Limits::default()).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_body_above_the_limit_is_refused_announced_or_not() {
        assert_eq!(
            read(chunks(&["abc", "def"]), 5, &Limits::default()).await.unwrap_err().code(),
            code::TOO_LARGE
        );
        let mut request = Request::new(Body::empty());
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("6"));
        assert_eq!(read(request, 5, &Limits::default()).await.unwrap_err().code(), code::TOO_LARGE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let never = futures::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::new(Body::from_stream(never));
        assert_eq!(read(request, 5, &Limits::default()).await.unwrap_err().code(), code::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn the_largest_body_is_a_limit() {
        let limits = Limits { max_body_bytes: 8, ..Limits::default() };
        let body = || Request::new(Body::from(r#"{"a": 12}"#));
        let mut request = body();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let problem = Json::<serde_json::Value>::from_request(request, &limits).await.err().unwrap();
        assert_eq!(problem.code(), code::TOO_LARGE);
        let problem = OptionalJson::<serde_json::Value>::from_request(body(), &limits).await.err().unwrap();
        assert_eq!(problem.code(), code::TOO_LARGE);
    }

    #[test]
    fn only_plain_json_is_taken() {
        for good in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
            assert!(is_json(&HeaderValue::from_static(good)), "{good}");
        }
        for bad in ["text/plain", "application/jsonp", "application/x-www-form-urlencoded", ""] {
            assert!(!is_json(&HeaderValue::from_static(bad)), "{bad}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert!(require_json(&headers).is_ok());
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(require_json(&headers).unwrap_err().code(), code::UNSUPPORTED_MEDIA_TYPE);
    }

    #[tokio::test]
    async fn a_body_whose_fields_are_all_optional_may_be_left_out() {
        #[derive(serde::Deserialize)]
        struct In {
            number: Option<u32>,
        }
        let bare = Request::new(Body::empty());
        assert_eq!(OptionalJson::<In>::from_request(bare, &Limits::default()).await.unwrap().0.number, None);
        let untyped = Request::new(Body::from(r#"{"number": 1}"#));
        let problem = OptionalJson::<In>::from_request(untyped, &Limits::default()).await.err().unwrap();
        assert_eq!(problem.code(), code::UNSUPPORTED_MEDIA_TYPE);
    }
}
