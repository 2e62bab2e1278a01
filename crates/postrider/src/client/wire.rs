//! One request on one connection, plain or TLS.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use super::ClientError;

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 20;
/// The longest that a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// The longest from the request to the end of its answer: a test send answers after the endpoint's own deadline,
/// which is at most two minutes.
const ANSWER: Duration = Duration::from_secs(150);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body.
    pub(crate) body: Bytes,
}

/// Sends one request.
///
/// # Errors
/// [`ClientError::Url`], [`ClientError::NoAnswer`]; an answer of any status is no error.
pub(crate) async fn request(
    method: Method,
    url: &Url,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, ClientError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ClientError::Url(url.to_string()));
    }
    let host = url.host_str().ok_or_else(|| ClientError::Url(url.to_string()))?.to_owned();
    let port = url.port_or_known_default().ok_or_else(|| ClientError::Url(url.to_string()))?;
    let failed = |detail: String| ClientError::NoAnswer { url: url.origin().ascii_serialization(), detail };
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let stream = match timeout(CONNECT, TcpStream::connect((bare.as_str(), port))).await {
        Ok(stream) => stream.map_err(|error| failed(error.to_string()))?,
        Err(_) => return Err(failed(format!("no connection within {} s", CONNECT.as_secs()))),
    };
    let _ = stream.set_nodelay(true);
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    *request.uri_mut() = path.parse().map_err(|_| ClientError::Url(url.to_string()))?;
    *request.headers_mut() = headers;
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let authority = HeaderValue::from_str(authority).map_err(|_| ClientError::Url(url.to_string()))?;
    request.headers_mut().insert(HOST, authority);
    let answering = async {
        match url.scheme() {
            "https" => exchange(tls(stream, bare).await.map_err(|error| error.to_string())?, request).await,
            _ => exchange(stream, request).await,
        }
    };
    match timeout(ANSWER, answering).await {
        Ok(answer) => answer.map_err(failed),
        Err(_) => Err(failed(format!("no answer within {} s", ANSWER.as_secs()))),
    }
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
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
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
