//! The body of a request: its type checked, its size bounded, its arrival timed.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use postrider_service::Fault;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::app::HasLimits;
use crate::body_room::{BodyRoom, FREE_BYTES};
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
        let body = read(request, limits.max_body_bytes, state).await?;
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
        let body = read(request, limits.max_body_bytes, state).await?;
        if body.is_empty() {
            return Ok(Self(parse(b"{}", limits.json_depth)?));
        }
        is_json?;
        Ok(Self(parse(&body, limits.json_depth)?))
    }
}

/// A request that has nothing to say: no body, or an empty object.
#[derive(Debug)]
pub struct NoBody;

impl<S: HasLimits + Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let OptionalJson(given) = OptionalJson::<Map<String, Value>>::from_request(request, state).await?;
        let unknown = |name: &String| {
            let name = name.replace('~', "~0").replace('/', "~1");
            Fault::at(format!("/{name}"), "There is no such field here: this takes no body.")
        };
        let faults: Vec<_> = given.keys().map(unknown).collect();
        if faults.is_empty() { Ok(Self) } else { Err(Problem::invalid(faults)) }
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
    let mut parts = value.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    // JSON is UTF-8 (RFC 8259, 8.1): a charset may say so and nothing else.
    let is_utf8 = |parameter: &[u8]| {
        let Some(at) = parameter.iter().position(|byte| *byte == b'=') else { return true };
        let (name, charset) = (parameter[..at].trim_ascii(), parameter[at + 1..].trim_ascii());
        !name.eq_ignore_ascii_case(b"charset")
            || charset.eq_ignore_ascii_case(b"utf-8")
            || charset.eq_ignore_ascii_case(b"\"utf-8\"")
    };
    parts.next().unwrap_or_default().eq_ignore_ascii_case(b"application/json") && parts.all(is_utf8)
}

/// Reads the body. One that comes in a single frame is not copied.
///
/// # Errors
/// [`code::TOO_LARGE`] above `limit_bytes`, without reading further; [`code::OVERLOADED`] where the bodies of all
/// requests together take more than they may; [`code::REQUEST_TIMEOUT`] if it takes longer than the limits say;
/// [`code::MALFORMED`] if the connection breaks off.
pub async fn read(request: Request, limit_bytes: usize, state: &impl HasLimits) -> Result<Bytes, Problem> {
    if announced(request.headers()).is_some_and(|bytes| bytes > limit_bytes as u64) {
        return Err(too_large(limit_bytes));
    }
    let wait = state.limits().max_body_wait;
    match tokio::time::timeout(wait, collect(request.into_body(), limit_bytes, state.bodies())).await {
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

async fn collect(mut body: Body, limit_bytes: usize, room: &BodyRoom) -> Result<Bytes, Problem> {
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    let mut place = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(code::MALFORMED, "The body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        let bytes = first.len() + whole.len() + data.len();
        if bytes > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        if bytes > FREE_BYTES {
            let more = if place.is_some() { data.len() } else { bytes };
            if !room.take(place.get_or_insert_with(|| room.place()), more) {
                return Err(no_room());
            }
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
    let whole = if whole.is_empty() { first } else { whole.freeze() };
    Ok(match place {
        None => whole,
        Some(place) => place.hold(whole),
    })
}

fn no_room() -> Problem {
    Problem::new(code::OVERLOADED, "Too many large bodies are under way.").retry_after(1)
}

fn too_large(limit_bytes: usize) -> Problem {
    Problem::new(code::TOO_LARGE, format!("The body is larger than {limit_bytes} bytes."))
}

#[cfg(test)]
mod tests {
    use postrider_model::limits::Limits;

    use super::*;

    struct State {
        limits: Limits,
        bodies: BodyRoom,
    }

    impl HasLimits for State {
        fn limits(&self) -> &Limits {
            &self.limits
        }

        fn bodies(&self) -> &BodyRoom {
            &self.bodies
        }
    }

    fn state(limits: Limits) -> State {
        State { bodies: BodyRoom::new(limits.max_bodies_bytes), limits }
    }

    fn chunks(parts: &'static [&'static str]) -> Request {
        let frames = parts.iter().map(|part| Ok::<_, std::io::Error>(Bytes::from_static(part.as_bytes())));
        Request::new(Body::from_stream(futures::stream::iter(frames)))
    }

    #[tokio::test]
    async fn a_body_in_several_frames_is_put_together() {
        assert_eq!(
            read(chunks(&["ab", "", "cd", "e"]), 5, &state(Limits::default())).await.unwrap(),
            "abcde"
        );
        assert_eq!(read(chunks(&[]), 5, &state(Limits::default())).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_body_above_the_limit_is_refused_announced_or_not() {
        assert_eq!(
            read(chunks(&["abc", "def"]), 5, &state(Limits::default())).await.unwrap_err().code(),
            code::TOO_LARGE
        );
        let mut request = Request::new(Body::empty());
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("6"));
        assert_eq!(read(request, 5, &state(Limits::default())).await.unwrap_err().code(), code::TOO_LARGE);
    }

    #[tokio::test]
    async fn large_bodies_under_way_have_one_room_together_and_small_ones_need_none() {
        let state = state(Limits { max_bodies_bytes: 2 * 1024 * 1024, ..Limits::default() });
        let body = |bytes: usize| Request::new(Body::from(vec![b' '; bytes]));
        let most = 16 * 1024 * 1024;
        let held = read(body(1024 * 1024), most, &state).await.unwrap();
        let problem = read(body(1024 * 1024 + 1), most, &state).await.unwrap_err();
        assert_eq!(problem.code(), code::OVERLOADED);
        assert_eq!(read(body(FREE_BYTES), most, &state).await.unwrap().len(), FREE_BYTES);
        drop(held);
        assert_eq!(read(body(1024 * 1024 + 1), most, &state).await.unwrap().len(), 1024 * 1024 + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let never = futures::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::new(Body::from_stream(never));
        assert_eq!(
            read(request, 5, &state(Limits::default())).await.unwrap_err().code(),
            code::REQUEST_TIMEOUT
        );
    }

    #[tokio::test]
    async fn the_largest_body_is_a_limit() {
        let limits = state(Limits { max_body_bytes: 8, ..Limits::default() });
        let body = || Request::new(Body::from(r#"{"a": 12}"#));
        let mut request = body();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let problem = Json::<Value>::from_request(request, &limits).await.err().unwrap();
        assert_eq!(problem.code(), code::TOO_LARGE);
        let problem = OptionalJson::<Value>::from_request(body(), &limits).await.err().unwrap();
        assert_eq!(problem.code(), code::TOO_LARGE);
    }

    #[test]
    fn only_plain_json_is_taken() {
        for good in
            ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\"; v=1"]
        {
            assert!(is_json(&HeaderValue::from_static(good)), "{good}");
        }
        for bad in [
            "text/plain",
            "application/jsonp",
            "application/x-www-form-urlencoded",
            "",
            "application/json; charset=utf-16",
        ] {
            assert!(!is_json(&HeaderValue::from_static(bad)), "{bad}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert!(require_json(&headers).is_ok());
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(require_json(&headers).unwrap_err().code(), code::UNSUPPORTED_MEDIA_TYPE);
    }

    #[tokio::test]
    async fn where_there_is_nothing_to_say_a_body_is_empty_or_refused() {
        let request = |body: &'static str| {
            let mut request = Request::new(Body::from(body));
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request
        };
        let state = state(Limits::default());
        for good in ["", "{}", " {} "] {
            assert!(NoBody::from_request(request(good), &state).await.is_ok(), "{good}");
        }
        for (bad, code) in [("{", code::MALFORMED), (r#"{"zz": 1}"#, code::INVALID), ("[]", code::INVALID)] {
            assert_eq!(NoBody::from_request(request(bad), &state).await.unwrap_err().code(), code, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_body_whose_fields_are_all_optional_may_be_left_out() {
        #[derive(serde::Deserialize)]
        struct In {
            number: Option<u32>,
        }
        let bare = Request::new(Body::empty());
        assert_eq!(
            OptionalJson::<In>::from_request(bare, &state(Limits::default())).await.unwrap().0.number,
            None
        );
        let untyped = Request::new(Body::from(r#"{"number": 1}"#));
        let problem =
            OptionalJson::<In>::from_request(untyped, &state(Limits::default())).await.err().unwrap();
        assert_eq!(problem.code(), code::UNSUPPORTED_MEDIA_TYPE);
    }
}
