//! What happened: lists and single objects for the API and the pages.

use async_trait::async_trait;
use bytes::Bytes;
use postrider_model::delivery::{Attempt, DeliveryState};
use postrider_model::id::{EndpointId, EndpointKey, Mode, Ordinal, ProjectKey, TenantKey};
use postrider_model::time::Millis;

use crate::{EventFlags, StoreError};

/// Whose things a caller may see. Every query carries it (DESIGN 7 "Tenancy").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// The project.
    pub project: ProjectKey,
    /// The world.
    pub mode: Mode,
    /// One tenant only, where the key is a customer's or the path names one.
    pub tenant: Option<TenantKey>,
}

/// Reads what happened. Lists are newest first by acceptance; a call examines at most 20,000 rows, so a page may
/// be short and still have a next one (DESIGN 5).
#[async_trait]
pub trait History: Send + Sync {
    /// Events.
    async fn events(&self, query: EventQuery) -> Result<Page<EventSummary>, StoreError>;
    /// One event with its deliveries; `None` outside the scope.
    async fn event_detail(&self, scope: Scope, event: Ordinal) -> Result<Option<EventDetail>, StoreError>;
    /// Deliveries.
    async fn deliveries(&self, query: DeliveryQuery) -> Result<Page<DeliverySummary>, StoreError>;
    /// One delivery with its attempts; `None` outside the scope.
    async fn delivery_detail(
        &self,
        scope: Scope,
        event: Ordinal,
        endpoint: EndpointKey,
    ) -> Result<Option<DeliveryDetail>, StoreError>;
    /// The next deliveries of an endpoint for a replay, oldest first, from `after` (exclusive), at most `limit`;
    /// the second part is where the next call goes on, `None` at the end.
    async fn select(
        &self,
        selection: &Selection,
        after: Option<Ordinal>,
        limit: usize,
    ) -> Result<(Vec<Ordinal>, Option<Ordinal>), StoreError>;
    /// How many deliveries a selection holds.
    async fn count(&self, selection: &Selection) -> Result<u64, StoreError>;
    /// Erases an event's data, changes, attributes and ordering key and the excerpts of its attempts, of those under
    /// way too; the rows stay.
    async fn erase_data(&self, scope: Scope, event: Ordinal) -> Result<bool, StoreError>;
}

/// One page of a list.
#[derive(Debug, Clone, Default)]
pub struct Page<T> {
    /// The rows, newest first.
    pub rows: Vec<T>,
    /// Where the next page begins (an opaque text of the store), `None` at the end.
    pub next: Option<String>,
}

/// Which events.
#[derive(Debug, Clone)]
pub struct EventQuery {
    /// Whose.
    pub scope: Scope,
    /// Of these types; empty for all.
    pub types: Vec<String>,
    /// Accepted at or after.
    pub since: Option<Millis>,
    /// Accepted before.
    pub until: Option<Millis>,
    /// From [`Page::next`].
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

/// An event in a list.
#[derive(Debug, Clone)]
pub struct EventSummary {
    /// Its id.
    pub ordinal: Ordinal,
    /// Its tenant's public id.
    pub tenant: String,
    /// Its type.
    pub kind: String,
    /// When it happened.
    pub timestamp: Millis,
    /// When it was accepted.
    pub accepted_at: Millis,
    /// How many deliveries it has.
    pub deliveries: u32,
    /// Scheduled for.
    pub deliver_at: Option<Millis>,
    /// What sets it apart.
    pub flags: EventFlags,
}

/// An event with everything.
#[derive(Debug, Clone)]
pub struct EventDetail {
    /// As in lists.
    pub summary: EventSummary,
    /// `data`; `None` once erased.
    pub data: Option<Bytes>,
    /// `changes`.
    pub changes: Option<Bytes>,
    /// `attributes`.
    pub attributes: Option<Bytes>,
    /// The ordering key.
    pub ordering_key: Option<String>,
    /// Its deliveries, by endpoint, at most 250.
    pub deliveries: Vec<DeliverySummary>,
}

/// Which deliveries.
#[derive(Debug, Clone)]
pub struct DeliveryQuery {
    /// Whose.
    pub scope: Scope,
    /// Of this endpoint.
    pub endpoint: Option<EndpointKey>,
    /// In these states; empty for all.
    pub states: Vec<DeliveryState>,
    /// Of these types; empty for all.
    pub types: Vec<String>,
    /// Accepted at or after.
    pub since: Option<Millis>,
    /// Accepted before.
    pub until: Option<Millis>,
    /// From [`Page::next`].
    pub cursor: Option<String>,
    /// The most rows.
    pub limit: usize,
}

/// A delivery in a list.
#[derive(Debug, Clone)]
pub struct DeliverySummary {
    /// The event.
    pub event: Ordinal,
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// The endpoint's id.
    pub endpoint_id: EndpointId,
    /// Its tenant's public id.
    pub tenant: String,
    /// The event's type.
    pub kind: String,
    /// When the event was accepted.
    pub accepted_at: Millis,
    /// Where it stands. A pending delivery of a disabled endpoint is shown as held.
    pub state: DeliveryState,
    /// Attempts made.
    pub attempts: u32,
    /// The last attempt.
    pub last_attempt: Option<Attempt>,
    /// When it is tried next: due time where it is in the due index and pending.
    pub next_attempt_at: Option<Millis>,
    /// Whether its event is a test send.
    pub test: bool,
}

/// A delivery with its attempts.
#[derive(Debug, Clone)]
pub struct DeliveryDetail {
    /// As in lists.
    pub summary: DeliverySummary,
    /// By number. Bodies are kept of the last three failures only (DESIGN 7 "Bounds").
    pub attempts: Vec<Attempt>,
}

/// Which deliveries of an endpoint a replay takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// Accepted at or after.
    pub since: Option<Millis>,
    /// Accepted before.
    pub until: Option<Millis>,
    /// In these states.
    pub states: Vec<DeliveryState>,
    /// Of these types or patterns; empty for all.
    pub types: Vec<String>,
}
