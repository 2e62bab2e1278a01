//! What can go wrong in a use case, by what the caller can do about it. Knows no web framework.

use postrider_engine::{AcceptError, Fault};
use postrider_store::StoreError;

/// An error of a use case. The HTTP kit turns it into a problem (DESIGN 4.2).
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// 422: the request is well-formed but says what cannot be. Every fault is listed, not only the first.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldFault>),
    /// 403: the key may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// 404: there is no such thing, or it is another's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// 409: the thing is in a state that does not allow it.
    #[error("{detail}")]
    Conflict {
        /// The stable code.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// 410: it was there and is past its retention.
    #[error("{0}")]
    Gone(String),
    /// The engine would not accept an event.
    #[error(transparent)]
    Accept(#[from] AcceptError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// A sealed value of ours cannot be opened, or the like: a 500 whose detail is for the log alone.
    #[error("internal error: {0}")]
    Internal(String),
}

/// A fault of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// JSON Pointer into the request (RFC 6901), `/url`; empty for the whole body.
    pub pointer: String,
    /// What is wrong, for people.
    pub detail: String,
}

impl FieldFault {
    /// A fault at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

impl ServiceError {
    /// A single fault.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldFault::new(pointer, detail)])
    }

    /// A conflict.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { code, detail: detail.into() }
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::NotFound(what),
            StoreError::Exists(what) => Self::conflict("exists", format!("{what} exists already")),
            other => Self::Store(other),
        }
    }
}

impl From<Fault> for FieldFault {
    fn from(fault: Fault) -> Self {
        Self { pointer: fault.pointer, detail: fault.detail }
    }
}

fn summary(faults: &[FieldFault]) -> String {
    match faults {
        [] => "the request is not valid".to_owned(),
        [one] => one.detail.clone(),
        [first, rest @ ..] => format!("{} (and {} more)", first.detail, rest.len()),
    }
}
