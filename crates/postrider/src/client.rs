//! A small HTTP client for the commands that talk to a server: one request, one connection.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// Why there was no answer, or no good one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The URL cannot be called.
    #[error("{0} is not an http:// or https:// URL")]
    Url(String),
    /// Nobody answered.
    #[error("{url} does not answer: {detail}")]
    NoAnswer {
        /// Who.
        url: String,
        /// Why.
        detail: String,
    },
    /// The server refused.
    #[error("{status}: {detail}")]
    Refused {
        /// How.
        status: StatusCode,
        /// Its reason.
        detail: String,
    },
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its body.
    pub(crate) body: Bytes,
}

/// Sends one request.
///
/// # Errors
/// [`ClientError::Url`], [`ClientError::NoAnswer`]; an answer of any status is none.
pub(crate) async fn request(
    method: Method,
    url: &Url,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, ClientError> {
    let host = url.host_str().ok_or_else(|| ClientError::Url(url.to_string()))?.to_owned();
    let port = url.port_or_known_default().ok_or_else(|| ClientError::Url(url.to_string()))?;
    let failed = |detail: String| ClientError::NoAnswer { url: url.to_string(), detail };
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let stream =
        TcpStream::connect((bare.as_str(), port)).await.map_err(|error| failed(error.to_string()))?;
    let _ = stream.set_nodelay(true);
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    *request.uri_mut() = path.parse().map_err(|_| ClientError::Url(url.to_string()))?;
    *request.headers_mut() = headers;
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let authority = HeaderValue::from_str(authority).map_err(|_| ClientError::Url(url.to_string()))?;
    request.headers_mut().insert(HOST, authority);
    let answer = match url.scheme() {
        "http" => exchange(stream, request).await,
        "https" => {
            let stream = tls(stream, bare).await.map_err(|error| failed(error.to_string()))?;
            exchange(stream, request).await
        }
        _ => return Err(ClientError::Url(url.to_string())),
    };
    answer.map_err(failed)
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let answering = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(|error| error.to_string())?;
        Ok(Answer { status: head.status, body: body.to_bytes() })
    };
    let mut answering = std::pin::pin!(answering);
    tokio::select! {
        biased;
        answer = answering.as_mut() => answer,
        // The connection ended first; what it read is still there for the answer.
        _ = connection => answering.await,
    }
}

async fn tls(stream: TcpStream, host: String) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Calls the native API of one server with one key.
#[derive(Clone)]
pub(crate) struct Client {
    base: Url,
    authorization: HeaderValue,
}

impl Client {
    /// Of the server at `base`.
    ///
    /// # Errors
    /// [`ClientError::Url`] where `base` is no URL or the key has characters that keys do not have.
    pub(crate) fn new(base: &str, key: &str) -> Result<Self, ClientError> {
        let base = Url::parse(base).map_err(|_| ClientError::Url(base.to_owned()))?;
        let mut authorization = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| ClientError::Url("a key with such characters".to_owned()))?;
        authorization.set_sensitive(true);
        Ok(Self { base, authorization })
    }

    /// Calls a route and returns its JSON; an empty answer is `null`.
    ///
    /// # Errors
    /// [`ClientError::Refused`] for every status but 2xx, with the problem's detail.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &[u8]) -> Result<Value, ClientError> {
        let url = self.base.join(path).map_err(|_| ClientError::Url(path.to_owned()))?;
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let answer = request(method, &url, headers, Bytes::copy_from_slice(body)).await?;
        let json = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if answer.status.is_success() {
            return Ok(json);
        }
        Err(ClientError::Refused { status: answer.status, detail: reason(&json, &answer.body) })
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.call(Method::POST, path, body.to_string().as_bytes()).await
    }
}

/// The detail of a problem (RFC 9457) with its pointers, or the body as it is.
fn reason(json: &Value, body: &[u8]) -> String {
    let Some(detail) = json["detail"].as_str() else { return String::from_utf8_lossy(body).into_owned() };
    let faults = json["errors"].as_array().into_iter().flatten();
    faults.fold(detail.to_owned(), |text, fault| {
        let part = |name| fault[name].as_str().unwrap_or_default();
        format!("{text}\n  {} {}", part("pointer"), part("detail"))
    })
}
