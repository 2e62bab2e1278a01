//! The port through which the engine reaches the network.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

use crate::{Report, StatusSet, Target, TlsIdentity};

/// A boxed future that can be moved between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends one request and says what came of it. It never fails: what goes wrong is in the [`Report`].
///
/// Dropping the future gives the attempt up and closes its connection.
pub trait Transport: Send + Sync + 'static {
    /// Sends `request` as an HTTP `POST` and waits for the outcome, at most [`Outbound::timeout`].
    fn send(&self, request: Outbound) -> BoxFuture<'static, Report>;
}

/// One request to be sent with `POST`.
#[derive(Clone)]
pub struct Outbound {
    /// The endpoint for which it is sent: connections are never shared between endpoints (DESIGN 7).
    pub endpoint: i64,
    /// Where it goes.
    pub target: Arc<Target>,
    /// All headers but those that frame the message: `Host`, `Content-Length`, `Transfer-Encoding`, `Connection`
    /// and the other hop-by-hop fields are the transport's own, and are dropped if they are given.
    pub headers: HeaderMap,
    /// The body, sent as it is.
    pub body: Bytes,
    /// The deadline for the whole attempt: name, connection, TLS, request and the answer's body.
    pub timeout: Duration,
    /// How much of the answer is kept.
    pub keep: BodyKeep,
    /// The statuses that are a success, which decides how much of the answer is kept.
    pub success: StatusSet,
    /// A client certificate or certificate authority of the endpoint's own.
    pub tls: Option<Arc<TlsIdentity>>,
}

impl fmt::Debug for Outbound {
    // Headers and body hold secrets and a customer's data: neither belongs in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("endpoint", &self.endpoint)
            .field("target", &self.target)
            .field("body_bytes", &self.body.len())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// How many bytes of an answer's body are kept as its excerpt (DESIGN 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyKeep {
    /// Of an answer whose status is a success.
    pub success_bytes: usize,
    /// Of any other answer.
    pub failure_bytes: usize,
}

impl Default for BodyKeep {
    fn default() -> Self {
        Self { success_bytes: 256, failure_bytes: 4096 }
    }
}
