//! What is due, read by the lanes' loaders and at start.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use postrider_model::endpoint::Ordering;
use postrider_model::id::{EndpointKey, Mode, Ordinal, ProjectKey, TenantKey};
use postrider_model::time::Millis;

use crate::{EventFlags, StoreError};

/// Reads what waits in the store.
#[async_trait]
pub trait Backlog: Send + Sync {
    /// What a start after a stop or a crash must do first: deliveries that were in lanes go into the due index.
    /// Called once, before anything else.
    async fn recover(&self, now: Millis) -> Result<Recovered, StoreError>;

    /// The next due deliveries of one endpoint, by (due, event), leaving out those in `skip`.
    /// Never touches another endpoint's rows. Reads a snapshot not older than the call.
    async fn due(&self, query: DueQuery) -> Result<DuePage, StoreError>;

    /// One event's content; `None` after retention or erasure of the event.
    async fn event(&self, ordinal: Ordinal) -> Result<Option<StoredEvent>, StoreError>;

    /// Events after `after` whose deliveries are not all written, oldest first, at most `limit`.
    async fn unfinished_fanouts(
        &self,
        after: Ordinal,
        limit: usize,
    ) -> Result<Vec<WaitingFanout>, StoreError>;

    /// The next endpoints of unfinished match sets.
    async fn fanout_parts(&self, query: FanoutQuery) -> Result<FanoutPage, StoreError>;
}

/// What a start found.
#[derive(Debug, Default)]
pub struct Recovered {
    /// No id ever made lies above it.
    pub highest: Ordinal,
    /// Deliveries moved from lanes to the due index.
    pub moved: u64,
    /// Each endpoint with a backlog and its earliest due time; the epoch where the endpoint is disabled or deleted, as
    /// what it has left is to be swept and not to be waited for.
    pub backlog: Vec<(EndpointKey, Millis)>,
}

/// Which due deliveries to read.
#[derive(Debug, Clone)]
pub struct DueQuery {
    /// Of this endpoint.
    pub endpoint: EndpointKey,
    /// Due at this instant or before.
    pub until: Millis,
    /// Events that are in memory already.
    pub skip: Vec<Ordinal>,
    /// The most rows.
    pub limit: usize,
    /// Bodies are read along until they sum up to this; later rows come without.
    pub body_bytes: usize,
}

/// Due deliveries.
#[derive(Debug, Default)]
pub struct DuePage {
    /// By (due, event).
    pub rows: Vec<DueDelivery>,
    /// Whether everything due until `until` was read.
    pub ended: bool,
    /// If so: when the next one (not skipped) falls due.
    pub next_due: Option<Millis>,
}

/// A delivery in the due index.
#[derive(Debug, Clone)]
pub struct DueDelivery {
    /// Its event.
    pub event: Ordinal,
    /// Due since.
    pub due: Millis,
    /// Attempts made in this run of the timetable.
    pub step: u32,
    /// Attempts made in all.
    pub attempts: u32,
    /// Start of the first attempt of this run, where there was one.
    pub first_attempt_at: Option<Millis>,
    /// The ordered key whose head it is.
    pub key: Option<u64>,
    /// Scheduled, and not yet in its key's order: must [`crate::Change::Enter`] first.
    pub scheduled: bool,
    /// What sets its event apart.
    pub flags: EventFlags,
    /// Its content, if the bytes allowed it.
    pub content: Option<Arc<StoredEvent>>,
}

/// An event's content.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its place and id.
    pub ordinal: Ordinal,
    /// The project.
    pub project: ProjectKey,
    /// The world it lives in.
    pub mode: Mode,
    /// Whom it happened for.
    pub tenant: TenantKey,
    /// The tenant's public id.
    pub tenant_id: Arc<str>,
    /// Its type.
    pub kind: Arc<str>,
    /// When it happened.
    pub timestamp: Millis,
    /// `data`, the bytes as they came.
    pub data: Bytes,
    /// `changes`, the bytes as they came.
    pub changes: Option<Bytes>,
    /// `attributes`, the bytes as they came.
    pub attributes: Option<Bytes>,
    /// What sets it apart.
    pub flags: EventFlags,
    /// History ends then.
    pub expires_at: Millis,
}

/// An event whose deliveries are not all written: little, as there may be many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingFanout {
    /// The event.
    pub event: Ordinal,
    /// Its tenant.
    pub tenant: TenantKey,
    /// See [`crate::Fanout::ordered`].
    pub ordered: bool,
    /// Endpoints in its match set.
    pub total: u32,
    /// How many of them are written.
    pub done: u32,
}

/// Which parts of match sets to read.
#[derive(Debug, Clone)]
pub struct FanoutQuery {
    /// Of this tenant.
    pub tenant: TenantKey,
    /// Of these events, each from the endpoint after so many of its match set.
    pub events: Vec<(Ordinal, u32)>,
    /// The event whose content is known.
    pub known: Option<Ordinal>,
    /// The most endpoints, of all together.
    pub limit: usize,
}

/// Parts of match sets, and what they are to be read with.
#[derive(Debug, Clone, Default)]
pub struct FanoutPage {
    /// The tenant's routing version in the same snapshot; `None` where the tenant is deleted.
    pub routing: Option<u64>,
    /// In the order asked for, until there were enough endpoints.
    pub parts: Vec<FanoutPart>,
}

/// The next endpoints of an event's match set.
#[derive(Debug, Clone)]
pub struct FanoutPart {
    /// The event.
    pub event: Ordinal,
    /// Endpoints before these in the match set.
    pub done: u32,
    /// The endpoints, in the stored order, with what each kept in order when the event was accepted; `None` where an
    /// older version stored the set. No endpoints where the match set is gone with its event, or is no match set: then
    /// the store has told of it.
    pub endpoints: Vec<(EndpointKey, Option<Ordering>)>,
    /// Not to be sent before.
    pub deliver_at: Option<Millis>,
    /// Its ordering key.
    pub ordering_key: Option<String>,
    /// What sets it apart.
    pub flags: EventFlags,
    /// Its content; `None` once erased, and where it was known.
    pub content: Option<Arc<StoredEvent>>,
}
