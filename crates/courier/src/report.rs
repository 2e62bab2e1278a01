//! What came of a request.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;

use crate::Failure;

/// The outcome of one request: either a status or a failure is there, never both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The status, once the head of an answer was read.
    pub status: Option<u16>,
    /// Why there is no status.
    pub failure: Option<Failure>,
    /// From the call to the end of the answer (or to the failure).
    pub latency: Duration,
    /// The first bytes of the answer's body, at most what [`BodyKeep`](crate::BodyKeep) allows.
    pub excerpt: Bytes,
    /// The body was not read to its end. The status stands all the same (DESIGN 4.4, "The status decides").
    pub body_cut: Option<BodyCut>,
    /// The answer's `Retry-After`, unread (RFC 9110, 10.2.3).
    pub retry_after: Option<HeaderValue>,
    /// The address that was dialled: it passed the guard. None where nothing was dialled.
    pub dialled: Option<SocketAddr>,
}

impl Report {
    /// An answer with `status` and an empty body.
    #[must_use]
    pub fn answered(status: u16, latency: Duration) -> Self {
        Self { status: Some(status), ..Self::blank(latency) }
    }

    /// No answer.
    #[must_use]
    pub fn failed(failure: Failure, latency: Duration) -> Self {
        Self { failure: Some(failure), ..Self::blank(latency) }
    }

    fn blank(latency: Duration) -> Self {
        Self {
            status: None,
            failure: None,
            latency,
            excerpt: Bytes::new(),
            body_cut: None,
            retry_after: None,
            dialled: None,
        }
    }
}

/// Why the body of an answer was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BodyCut {
    /// The attempt's deadline came first: the answer counts as slow.
    Deadline,
    /// It was larger than the transport reads.
    Size,
    /// The connection broke within it, or it was not framed as HTTP wants it.
    Broken,
}

impl BodyCut {
    /// The stable name, as shown on an attempt.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Size => "size",
            Self::Broken => "broken",
        }
    }
}
