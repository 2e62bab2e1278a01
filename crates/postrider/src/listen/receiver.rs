//! The receiver: answers deliveries and tells what came.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use postrider_contract::{Contract, VerifyError};
use postrider_engine::ports::Clock as _;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::task::TaskTracker;
use url::Url;

use super::{TOLERANCE, forward};
use crate::ports::SystemClock;
use crate::serve::{Door, Hall};

/// The largest delivery that is read, in bytes.
const MAX_BYTES: usize = 64 << 20;
/// Connections at one time.
const MAX_CONNECTIONS: usize = 512;

/// How deliveries are judged and answered.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The contract they are signed by.
    pub(crate) contract: Arc<Contract>,
    /// The secrets one of which must have signed; none: nothing is verified.
    pub(crate) secrets: Vec<String>,
    /// The answer.
    pub(crate) status: StatusCode,
    /// Where they are passed on to; its answer is then the answer.
    pub(crate) forward: Option<Url>,
    /// The first so many deliveries are answered with 503, to show what follows.
    pub(crate) failures: u32,
}

/// A delivery that came.
#[derive(Debug)]
pub(crate) struct Received {
    /// The path and query it was sent to.
    pub(crate) path: String,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body.
    pub(crate) body: Bytes,
    /// Whether its signature is good; `None` where nothing was verified.
    pub(crate) verdict: Option<Result<(), VerifyError>>,
    /// What it was answered with.
    pub(crate) answered: StatusCode,
}

impl Received {
    /// The headers that say something about the delivery rather than about the connection.
    pub(crate) fn shown_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        const USUAL: [&str; 6] =
            ["host", "content-type", "content-length", "user-agent", "accept", "connection"];
        self.headers
            .iter()
            .filter(|(name, _)| !USUAL.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or("(not text)")))
    }
}

struct Desk {
    rules: Rules,
    failures_left: AtomicU32,
    sink: mpsc::UnboundedSender<Received>,
}

/// A receiver that runs for as long as it is held.
#[derive(Debug)]
pub(crate) struct Receiver {
    address: SocketAddr,
    _stop: watch::Sender<bool>,
}

impl Receiver {
    /// Receives on `address` and tells `sink`. Needs a runtime.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub(crate) fn start(
        address: SocketAddr,
        rules: Rules,
        sink: mpsc::UnboundedSender<Received>,
    ) -> io::Result<Self> {
        let door = Door::bind(address)?;
        let address = door.address();
        let (stop, stopped) = watch::channel(false);
        let connections = TaskTracker::new();
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let hall = Hall { connections: connections.clone(), stop: stopped, places };
        let failures_left = AtomicU32::new(rules.failures);
        let router =
            Router::new().fallback(receive).with_state(Arc::new(Desk { rules, failures_left, sink }));
        connections.spawn(door.open(router, hall));
        Ok(Self { address, _stop: stop })
    }

    /// Where it receives.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn receive(State(desk): State<Arc<Desk>>, request: Request) -> StatusCode {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BYTES).await else { return StatusCode::PAYLOAD_TOO_LARGE };
    let verdict = desk.rules.verify(&head.headers, &body);
    let answered = desk.answer(&verdict, &head.headers, &body).await;
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    // Nobody reads any more: the process is about to end.
    let _ = desk.sink.send(Received { path, headers: head.headers, body, verdict, answered });
    answered
}

impl Desk {
    async fn answer(
        &self,
        verdict: &Option<Result<(), VerifyError>>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> StatusCode {
        let fails = |left: u32| left.checked_sub(1);
        if matches!(verdict, Some(Err(_))) {
            return StatusCode::UNAUTHORIZED;
        }
        if self.failures_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fails).is_ok() {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        match &self.rules.forward {
            Some(url) => forward::pass_on(url, headers, body.clone()).await,
            None => self.rules.status,
        }
    }
}

impl Rules {
    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Option<Result<(), VerifyError>> {
        if self.secrets.is_empty() {
            return None;
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Some(self.contract.verify(header, body, &self.secrets, SystemClock.now(), TOLERANCE))
    }
}
