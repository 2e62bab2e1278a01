//! Changes of the same thing at the same time: each is made against the revision it read, and tried anew where
//! somebody else was first.

use crate::ServiceError;

/// How often a change is tried.
pub(crate) const TRIES: usize = 8;

/// The answer when [`TRIES`] were not enough.
pub(crate) fn too_busy(what: &str) -> ServiceError {
    let detail = format!("The {what} is being changed by others at the same time; try again.");
    ServiceError::conflict("changed", detail)
}
