//! The proxy: `CONNECT` (RFC 9110, 9.3.6), behind which every host is this program, over TLS.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::hosts::{Arrived, Hosts};

pub(super) async fn serve(listener: TcpListener, acceptor: TlsAcceptor, hosts: Arc<Hosts>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(tunnel(stream, acceptor.clone(), Arc::clone(&hosts)));
    }
}

/// Whatever goes wrong in it ends the connection, which is what the other side has to live with.
async fn tunnel(mut stream: TcpStream, acceptor: TlsAcceptor, hosts: Arc<Hosts>) {
    let Some(host) = connect(&mut stream).await else { return };
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = service_fn(|request| receive(request, &host, &hosts));
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

/// Reads the request for a tunnel and grants it; the host it is for.
async fn connect(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let host = head.strip_prefix("CONNECT ")?.split_once(':')?.0.to_owned();
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    Some(host)
}

async fn receive(
    request: Request<Incoming>,
    host: &str,
    hosts: &Hosts,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let arrived = Arrived {
        host: host.to_owned(),
        path: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let (status, body, after) = hosts.receive(arrived);
    tokio::time::sleep(after).await;
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status.try_into().expect("a status of the sample");
    Ok(response)
}
