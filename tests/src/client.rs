//! The API as a client sees it.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON; `null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The JSON of an answer with this status.
    ///
    /// # Panics
    /// When the status is another.
    #[must_use]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }
}

/// Calls one server with one key, or with a cookie.
#[derive(Debug, Clone)]
pub struct Client {
    /// The server.
    pub address: SocketAddr,
    /// The key; empty for none.
    pub key: String,
    /// The cookie, as `name=value`; empty for none.
    pub cookie: String,
}

impl Client {
    /// With this key.
    #[must_use]
    pub fn new(address: SocketAddr, key: &str) -> Self {
        Self { address, key: key.to_owned(), cookie: String::new() }
    }

    /// A browser that was given this answer's cookie.
    ///
    /// # Panics
    /// When the answer has none.
    #[must_use]
    pub fn with_cookie(address: SocketAddr, given: &Reply) -> Self {
        let cookie = given.headers.get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).expect("a cookie");
        Self { address, key: String::new(), cookie: cookie.to_owned() }
    }

    /// Sends JSON on a connection of its own.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Reply {
        self.call_as(method, path, "application/json", body).await
    }

    /// Sends something that says to be of this type.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call_as(&self, method: Method, path: &str, kind: &str, body: impl Into<Bytes>) -> Reply {
        let mut wire = self.connect().await.expect("the server takes connections");
        wire.send(method, path, kind, body.into()).await.expect("the server answers")
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, "").await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, body.to_string()).await
    }

    /// A connection that is kept for many requests.
    ///
    /// # Errors
    /// When there is no server.
    pub async fn connect(&self) -> std::io::Result<Wire> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move { drop(connection.await) });
        let (host, key, cookie) = (self.address.to_string(), self.key.clone(), self.cookie.clone());
        Ok(Wire { sender, host, key, cookie, _driver: driver })
    }
}

/// A connection that is kept.
#[derive(Debug)]
pub struct Wire {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    key: String,
    cookie: String,
    _driver: JoinSet<()>,
}

impl Wire {
    /// Sends one request and reads its answer to the end.
    ///
    /// # Errors
    /// When the connection ends first.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> hyper::Result<Reply> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a path");
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.parse().expect("an address"));
        if !kind.is_empty() {
            headers.insert(CONTENT_TYPE, kind.parse().expect("a media type"));
        }
        if !self.key.is_empty() {
            headers.insert(AUTHORIZATION, format!("Bearer {}", self.key).parse().expect("a key"));
        }
        if !self.cookie.is_empty() {
            headers.insert(COOKIE, self.cookie.parse().expect("a cookie"));
        }
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body })
    }

    /// POST of an event.
    ///
    /// # Errors
    /// As [`Wire::send`].
    pub async fn post_event(&mut self, event: String) -> hyper::Result<Reply> {
        self.send(Method::POST, "/v1/events", "application/json", event.into()).await
    }
}
