//! The courier's part: a request made for a connection that is kept open, written, and its answer read. The receiver
//! is a task of this program on the loopback interface, and does as little as one can.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use postrider_courier::{
    BodyKeep, BoxFuture, Courier, CourierConfig, GuardPolicy, Outbound, Resolve, ResolveError, StatusSet,
    Target, Transport as _,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Run, event};
use crate::Outcome;

pub(super) const COUNT: usize = 200;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// One request after the other to one endpoint.
pub(super) fn run(run: Run) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let request = request(listener.local_addr()?)?;
        let mut receiver = JoinSet::new();
        receiver.spawn(async move {
            let (stream, _) = listener.accept().await?;
            answer(stream).await
        });
        let guard = GuardPolicy::dev();
        let courier = Courier::new(CourierConfig { guard, ..CourierConfig::new(Arc::new(NoNames)) })?;
        // The first one dials.
        for _ in 0..=run.count {
            let report = courier.send(request.clone()).await;
            if report.status != Some(200) || report.excerpt != b"ok"[..] {
                return Err(format!("not delivered: {report:?}").into());
            }
        }
        Ok(())
    })
}

fn request(receiver: SocketAddr) -> Outcome<Outbound> {
    let target = Target::parse(&format!("http://{receiver}/hooks/1"), &GuardPolicy::dev())?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static("Postrider/0.1.0"));
    headers.insert("webhook-id", HeaderValue::from_static("evt_0Rf3yKqVnGmB4ZpWcTjLsX"));
    headers.insert("webhook-timestamp", HeaderValue::from_static("1769077800"));
    let signature = "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=";
    headers.insert("webhook-signature", HeaderValue::from_static(signature));
    Ok(Outbound {
        endpoint: 1,
        target: Arc::new(target),
        headers,
        body: Bytes::from_static(event::DATA.as_bytes()),
        timeout: Duration::from_secs(20),
        keep: BodyKeep::default(),
        success: StatusSet::SUCCESSFUL,
        tls: None,
    })
}

/// Answers every request. A request ends with its body, whose last bytes are known.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let end = event::DATA.as_bytes();
    let end = &end[end.len() - 8..];
    let mut request = Vec::with_capacity(4096);
    while stream.read_buf(&mut request).await? > 0 {
        if request.ends_with(end) {
            request.clear();
            stream.write_all(ANSWER).await?;
        }
    }
    Ok(())
}

/// The target is an address.
#[derive(Debug)]
struct NoNames;

impl Resolve for NoNames {
    fn resolve<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, Result<Vec<std::net::IpAddr>, ResolveError>> {
        Box::pin(std::future::ready(Err(ResolveError::NoAddress)))
    }
}
