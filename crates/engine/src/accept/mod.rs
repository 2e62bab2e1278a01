//! Accepting: validate, match, hand to the committer, answer after the commit (DESIGN 2.1).

mod draft;
mod found;
mod idempotency;
mod intake;
mod tree;
mod validate;

use bytes::Bytes;
use postrider_model::id::{Mode, Ordinal, ProjectKey};
use postrider_model::time::Millis;
use postrider_store::{IdempotencyMark, StoreError};

pub(crate) use draft::{Draft, Match};
pub(crate) use found::{FANOUT_WEIGHT, Found, TOO_MANY};
pub use idempotency::{mark_of, mark_of_batch};
pub(crate) use intake::{Intake, order_hash, order_of, overload};
pub(crate) use tree::Tree;

/// Who sends: the key says the project, the world, and perhaps the one tenant it belongs to.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The project.
    pub project: ProjectKey,
    /// The world.
    pub mode: Mode,
    /// The key's tenant, where it is a customer's.
    pub tenant: Option<String>,
}

/// An event as it came. `data`, `changes` and `attributes` are slices of the request's body.
#[derive(Debug, Clone)]
pub struct EventIn {
    /// For whom.
    pub tenant: String,
    /// Its type.
    pub kind: String,
    /// What happened, as raw JSON.
    pub data: Bytes,
    /// What changed, as raw JSON.
    pub changes: Option<Bytes>,
    /// A flat map to strings or lists of strings, as raw JSON.
    pub attributes: Option<Bytes>,
    /// When it happened; the time of acceptance where it is not said.
    pub timestamp: Option<Millis>,
    /// Events with the same key keep their order at endpoints that ask for it.
    pub ordering_key: Option<String>,
    /// Not to be sent before.
    pub deliver_at: Option<Millis>,
    /// The key that makes a repetition harmless.
    pub idempotency: Option<IdempotencyMark>,
    /// Bytes of the event's JSON as it came, for the size limit.
    pub size: usize,
}

/// An accepted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Its place and id.
    pub ordinal: Ordinal,
    /// Its deliveries, held ones too.
    pub deliveries: u32,
}

/// Something wrong with one event of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which event, counted from 0.
    pub event: usize,
    /// Where in it (RFC 6901), for example `/data/amount`.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

/// Why a request was not accepted. Nothing of it was stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AcceptError {
    /// Events that are not valid.
    #[error("{} of the events' fields are not valid", .0.len())]
    Invalid(Vec<Fault>),
    /// An event is larger than the limit.
    #[error("event {event} is larger than {limit} bytes")]
    TooLarge {
        /// Which, counted from 0.
        event: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The key belongs to another tenant than the event.
    #[error("the key is another tenant's")]
    WrongTenant,
    /// The idempotency key was used with another body.
    #[error("the idempotency key was used with another body")]
    Conflict {
        /// Which event's key; `None` for the request's.
        event: Option<usize>,
    },
    /// Too much is waiting to be committed, or the disk is almost full: try again later.
    #[error("overloaded: {detail}")]
    Overloaded {
        /// When to try again, in seconds.
        retry_after_seconds: u32,
        /// What is overloaded.
        detail: String,
    },
    /// A test send to an endpoint whose secret cannot be read: it would go out unsigned.
    #[error("the endpoint's secret cannot be read, and nothing is sent unsigned: rotate it")]
    Unsigned,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AcceptError {
    /// One fault of the first event.
    pub(crate) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault { event: 0, pointer: pointer.into(), detail: detail.into() }])
    }

    /// The same about the event of that index.
    pub(crate) fn of_event(self, index: usize) -> Self {
        match self {
            Self::Invalid(faults) => {
                Self::Invalid(faults.into_iter().map(|fault| Fault { event: index, ..fault }).collect())
            }
            other => other,
        }
    }
}
