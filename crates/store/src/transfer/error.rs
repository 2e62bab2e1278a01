//! Why an installation cannot move.

use crate::StoreError;

/// Why a copy does not begin, or go on.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target holds something that is not a copy of this source.
    #[error("it holds {0}; give an empty database")]
    Occupied(String),
    /// Nodes work on the target.
    #[error("{0} work on it; stop them, or give another database")]
    Nodes(String),
    /// The copy stands somewhere else than this one says.
    #[error("another copy into it is at work, or was begun since")]
    Elsewhere,
}
