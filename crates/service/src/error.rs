//! What can go wrong in a use case, by what the caller can do about it. Knows no web framework.

use postrider_engine::AcceptError;
use postrider_store::StoreError;

/// One thing that is wrong in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer (RFC 6901) into the request's body; empty for the whole of it.
    pub pointer: String,
    /// What is wrong there, for people.
    pub detail: String,
}

impl Fault {
    /// A fault at `pointer`.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// Why a use case did nothing. The HTTP kit turns it into a problem (DESIGN 4.2).
#[derive(Debug, Clone, thiserror::Error)]
pub enum ServiceError {
    /// 422: well-formed, but not valid. Every fault is listed, not only the first.
    #[error("The request is not valid.")]
    Invalid(Vec<Fault>),
    /// 401: there is no such key.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// 403: the key may not do that.
    #[error("{0}")]
    Forbidden(String),
    /// 404: there is no such thing, or the caller may not know of it. Names its kind (`"project"`).
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// 409: it does not fit the state the thing is in.
    #[error("{detail}")]
    Conflict {
        /// The stable code, one of those the HTTP kit knows.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// 410: it was there and is past its retention (DESIGN 4.4).
    #[error("{0}")]
    Gone(String),
    /// The engine would not accept an event.
    #[error(transparent)]
    Accept(#[from] AcceptError),
    /// The store could not do it.
    #[error(transparent)]
    Store(StoreError),
    /// 500: a defect of ours; the text is for the log, not for the caller.
    #[error("internal error: {0}")]
    Internal(String),
}

impl ServiceError {
    /// Nobody's key: the same words on every surface, whatever is wrong with it.
    pub const UNKNOWN_KEY: Self = Self::Unauthenticated("The key does not exist or was revoked.");

    /// One fault at one place.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::at(pointer, detail)])
    }

    /// A conflict with a stable code.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { code, detail: detail.into() }
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::NotFound(what),
            StoreError::Exists(what) => {
                Self::conflict("exists", format!("A {what} of that id exists already."))
            }
            StoreError::Limit(what) => Self::invalid("", format!("A limit is reached: {what}.")),
            other => Self::Store(other),
        }
    }
}

impl From<postrider_engine::Fault> for Fault {
    fn from(fault: postrider_engine::Fault) -> Self {
        Self { pointer: fault.pointer, detail: fault.detail }
    }
}

/// `Ok` if there are no faults.
///
/// # Errors
/// [`ServiceError::Invalid`] with all of them.
pub fn no_faults(faults: Vec<Fault>) -> Result<(), ServiceError> {
    if faults.is_empty() { Ok(()) } else { Err(ServiceError::Invalid(faults)) }
}
