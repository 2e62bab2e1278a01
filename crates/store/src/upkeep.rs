//! Work in steps: nothing here holds the writer longer than it is told to.

use std::time::Duration;

use async_trait::async_trait;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;

use crate::StoreError;

/// Tidies a store in steps that yield to accepting.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Does the next bit of standing work (list indexes, idempotency keys, retention, erasure, size limit),
    /// holding the writer at most about `budget`.
    async fn step(&self, now: Millis, budget: Duration) -> Result<Stepped, StoreError>;

    /// Ends up to `limit` pending deliveries of an endpoint that was disabled or deleted (with
    /// [`SweepInto::Cancelled`] the held ones too).
    async fn sweep(&self, sweep: Sweep, limit: usize) -> Result<Swept, StoreError>;

    /// Facts for metrics and `doctor`; cheap, counts no deliveries.
    async fn facts(&self) -> Result<StoreFacts, StoreError>;

    /// A consistent, paced copy of the whole store at `target`, while running. Returns its size in bytes.
    async fn backup(&self, target: &std::path::Path) -> Result<u64, StoreError>;

    /// Finishes what is written and closes; later calls answer [`StoreError::Unavailable`].
    async fn close(&self) -> Result<(), StoreError>;
}

/// What a step of standing work did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stepped {
    /// More is waiting.
    pub more: bool,
    /// Endpoints of which an ordered key went on because its head came to its end: their lanes must look.
    pub released: Vec<EndpointKey>,
    /// How far retention is behind: events may still be there that should have gone so long ago. As of the last look.
    pub behind: Duration,
}

/// Which deliveries a sweep ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweep {
    /// Of this endpoint.
    pub endpoint: EndpointKey,
    /// What becomes of them.
    pub into: SweepInto,
    /// Events up to this one: what is accepted after the endpoint was enabled again is not its business.
    pub up_to: Ordinal,
    /// An ordered key whose head is ended goes on now.
    pub now: Millis,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Deliveries ended; fewer than the limit means all are done.
    pub ended: usize,
    /// An ordered key went on with a delivery beyond [`Sweep::up_to`]: its lane must look.
    pub released: bool,
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
    /// How far retention is behind, see [`Stepped::behind`].
    pub retention_lag: Duration,
}
