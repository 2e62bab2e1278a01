//! Work in steps: nothing here holds the writer longer than it is told to.

use std::time::Duration;

use async_trait::async_trait;
use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;

use crate::StoreError;

/// Tidies a store in steps that yield to accepting.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Does the next bit of standing work (list indexes, idempotency keys, retention, erasure, size limit),
    /// holding the writer at most about `budget`. Returns whether more is waiting.
    async fn step(&self, now: Millis, budget: Duration) -> Result<bool, StoreError>;

    /// Ends up to `limit` pending deliveries of an endpoint that was disabled or deleted (with
    /// [`SweepInto::Cancelled`] the held ones too). Returns how many; fewer than `limit` means all are done.
    async fn sweep(&self, endpoint: EndpointKey, into: SweepInto, limit: usize) -> Result<usize, StoreError>;

    /// Facts for metrics and `doctor`; cheap, counts no deliveries.
    async fn facts(&self) -> Result<StoreFacts, StoreError>;

    /// A consistent, paced copy of the whole store at `target`, while running. Returns its size in bytes.
    async fn backup(&self, target: &std::path::Path) -> Result<u64, StoreError>;

    /// Finishes what is written and closes; later calls answer [`StoreError::Unavailable`].
    async fn close(&self) -> Result<(), StoreError>;
}

/// What a sweep makes of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepInto {
    /// The endpoint was disabled.
    Held,
    /// The endpoint was deleted.
    Cancelled,
}

/// Facts about a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreFacts {
    /// Size of the main file or the database, in bytes.
    pub store_bytes: u64,
    /// Size of the write-ahead log, in bytes.
    pub wal_bytes: u64,
    /// Free bytes on the disk of the store, where it can be known.
    pub free_bytes: Option<u64>,
    /// Version of the schema.
    pub schema_version: u32,
    /// Rows the deferred list indexes are behind.
    pub index_lag: u64,
}
