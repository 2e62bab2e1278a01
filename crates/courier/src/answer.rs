//! The part of an answer that is kept.

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderValue, header};

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
