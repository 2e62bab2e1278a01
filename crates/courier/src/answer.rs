//! The part of an answer that is kept.

use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderName, HeaderValue, header};

use crate::parcel::Parcel;
use crate::{BodyCut, Outbound};

/// How much of an answer is read and kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) read_bytes: usize,
    pub(crate) keep: crate::BodyKeep,
    pub(crate) success: crate::StatusSet,
}

impl Bounds {
    pub(crate) const fn of(request: &Outbound, read_bytes: usize) -> Self {
        Self { read_bytes, keep: request.keep, success: request.success }
    }
}

/// An answer while its body comes in.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<HeaderValue>,
    pub(crate) cut: Option<BodyCut>,
    /// How long the receiver says it keeps the connection open.
    pub(crate) kept_open: Option<Duration>,
    excerpt: Vec<u8>,
    keep_bytes: usize,
    bytes_left: usize,
}

impl Answer {
    pub(crate) fn new(head: &Parts, bounds: &Bounds) -> Self {
        let status = head.status.as_u16();
        let is_success = bounds.success.contains(status);
        Self {
            status,
            retry_after: head.headers.get(header::RETRY_AFTER).cloned(),
            cut: None,
            kept_open: head.headers.get(&KEEP_ALIVE).and_then(timeout_of),
            excerpt: Vec::new(),
            keep_bytes: if is_success { bounds.keep.success_bytes } else { bounds.keep.failure_bytes },
            bytes_left: bounds.read_bytes,
        }
    }

    /// Takes in a piece of the body. The excerpt is copied, so that it never keeps a connection's buffer alive.
    /// False when more came than is read.
    pub(crate) fn take(&mut self, piece: &[u8]) -> bool {
        let room = self.keep_bytes.saturating_sub(self.excerpt.len());
        self.excerpt.extend_from_slice(&piece[..piece.len().min(room)]);
        match self.bytes_left.checked_sub(piece.len()) {
            Some(left) => {
                self.bytes_left = left;
                true
            }
            None => {
                self.cut = Some(BodyCut::Size);
                false
            }
        }
    }

    pub(crate) fn excerpt_taken(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.excerpt))
    }
}

static KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// `Keep-Alive: timeout=5, max=100` (RFC 2068, 19.7.1.1): Node.js and Apache say it. To send on a connection in the
/// moment they close it would lose an attempt.
fn timeout_of(value: &HeaderValue) -> Option<Duration> {
    let parameters = value.to_str().ok()?.split(',');
    let seconds = parameters.filter_map(|parameter| parameter.trim().strip_prefix("timeout=")).next()?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// How one exchange on a connection ended.
#[derive(Debug)]
pub(crate) enum Exchanged {
    /// The head of an answer was read, and its body as far as [`Answer::cut`] says.
    Answered(Answer),
    /// Nothing of the request was sent: here it is back, for another connection.
    Unsent(Box<Parcel>),
    /// There is no answer.
    Failed(crate::Failure),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_a_receiver_keeps_a_connection_is_read_from_its_answer() {
        for (text, seconds) in [
            ("timeout=5", Some(5)),
            ("timeout=5, max=100", Some(5)),
            ("max=100,timeout=72", Some(72)),
            ("max=100", None),
            ("timeout=", None),
            ("timeout=-1", None),
            ("timeout=5s", None),
            ("", None),
        ] {
            let read = timeout_of(&HeaderValue::from_static(text));
            assert_eq!(read, seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
