//! What can go wrong in a store, by what the caller can do about it.

/// An error of a store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The store cannot answer now (shutting down, connection lost); trying again later is safe.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The disk is full; nothing of the call was written.
    #[error("the store is full: {0}")]
    Full(String),
    /// A row is not what it must be.
    #[error("corrupt row in {table}.{column} (key {key}): {detail}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        key: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A page cursor that is not one of ours (422 to the caller, DESIGN 4.4).
    #[error("not a cursor of this list")]
    BadCursor,
    /// It is not known whether a commit is on disk (a failed fsync): the process must end and recover (DESIGN 2.1).
    #[error("the store cannot go on: {0}")]
    Fatal(String),
    /// This node's lease ended and others took over what it had: nothing of the call was written. It must join again.
    #[error("this node's lease has ended")]
    Fenced,
    /// The store's server has means of its own for this.
    #[error("not done by Postrider on this store: {0}")]
    Unsupported(&'static str),
    /// A thing of that name exists already.
    #[error("{0} exists already")]
    Exists(&'static str),
    /// There is no such thing, or it is not in the caller's scope.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// A limit checked inside the transaction is reached.
    #[error("limit reached: {0}")]
    Limit(&'static str),
}
