//! Many nodes on one store: who is there, who owns which slots, and what others wrote for this one (DESIGN 6).
//!
//! A store that one process has for itself keeps the defaults: that process owns every slot, and nobody else writes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{EndpointKey, Ordinal, ProjectKey, TenantKey};
use postrider_model::slot::{NodeNumber, SlotSet};
use postrider_model::time::Millis;

use crate::{DueDelivery, StoreError, WaitingFanout};

/// Membership, slots and news. All of it is decided by transactions of the store and by its clock.
#[async_trait]
pub trait Cluster: Send + Sync {
    /// Whether several nodes may share the store. What it answers never changes.
    fn is_shared(&self) -> bool {
        false
    }

    /// Takes a free number and begins a lease. Called at a start before [`crate::Backlog::recover`], and again after
    /// [`StoreError::Fenced`]. From the call on nothing is written under the number of before.
    async fn join(&self, _node: NewNode) -> Result<Joined, StoreError> {
        Err(StoreError::Unsupported("joining"))
    }

    /// Renews the lease and says who is there. The lease counts from before the call.
    ///
    /// # Errors
    /// [`StoreError::Fenced`]: it had ended, and another node has taken over what this one had.
    async fn beat(&self, _beat: Beat) -> Result<View, StoreError> {
        Err(StoreError::Unsupported("beating"))
    }

    /// Takes those of the slots that nobody owns, or that are this node's already; returns which, and what waits in
    /// them.
    async fn claim(&self, _slots: SlotSet, _now: Millis) -> Result<Claimed, StoreError> {
        Err(StoreError::Unsupported("claiming"))
    }

    /// Gives slots up, of which nothing is in memory any more, and lets the others know.
    async fn release(&self, _slots: SlotSet) -> Result<(), StoreError> {
        Err(StoreError::Unsupported("releasing"))
    }

    /// Takes over what a node left whose lease has ended: deliveries that were in its lanes go into the due index, its
    /// slots become free, its unfinished fan-outs are this node's. `None` where another node was faster, or the node is
    /// there again.
    async fn bury(&self, _dead: NodeNumber, _now: Millis) -> Result<Option<Buried>, StoreError> {
        Err(StoreError::Unsupported("burying"))
    }

    /// Gives up every slot that is left and the node's number: the last call of a node that stops. What it still has in
    /// lanes and fan-outs is taken over as if its lease had ended.
    async fn leave(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// What others wrote for the owner of these slots since `after`, and what they changed. A row may come more than
    /// once; none is left out.
    async fn news(&self, _query: NewsQuery) -> Result<News, StoreError> {
        Err(StoreError::Unsupported("news"))
    }

    /// Lets the other nodes know that there is news for them. Cheap, may be called after every commit: it rings once in
    /// 20 ms at most. Nothing is lost if nobody hears it.
    fn ring(&self) {}

    /// Waits until another node rings, or until it is time to look anyway.
    async fn rung(&self) {
        std::future::pending().await
    }
}

/// A node that joins.
#[derive(Debug, Clone)]
pub struct NewNode {
    /// Its name, for people: the machine's as a rule.
    pub name: String,
    /// Where it answers, for people.
    pub address: String,
    /// Its version.
    pub version: String,
    /// Whether it accepts events and answers the API.
    pub serves: bool,
    /// Whether it delivers.
    pub works: bool,
    /// How long its lease is good for after each renewal.
    pub lease: Duration,
    /// Now.
    pub now: Millis,
}

/// What a node got by joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joined {
    /// Its number, which is part of every id it makes.
    pub number: NodeNumber,
    /// No id ever made lies above it.
    pub highest: Ordinal,
    /// By how much the store's clock is ahead of this machine's, in milliseconds.
    pub clock_ahead_ms: i64,
}

/// What a node says of itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beat {
    /// It is stopping: the others need not reckon with it.
    pub leaving: bool,
    /// Deliveries in its lanes.
    pub queued: u64,
    /// Attempts in flight.
    pub in_flight: u64,
    /// Due time of the oldest delivery that waits in its lanes.
    pub oldest_due: Option<Millis>,
}

/// Who is there.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// All nodes that joined and were not buried, by number; this one too.
    pub nodes: Vec<NodeSeen>,
    /// Slots that nobody owns.
    pub free: SlotSet,
    /// By how much the store's clock is ahead of this machine's, in milliseconds.
    pub clock_ahead_ms: i64,
}

/// A node as the store has it.
#[derive(Debug, Clone)]
pub struct NodeSeen {
    /// Its number.
    pub number: NodeNumber,
    /// See [`NewNode`].
    pub name: String,
    /// See [`NewNode`].
    pub address: String,
    /// See [`NewNode`].
    pub version: String,
    /// See [`NewNode`].
    pub serves: bool,
    /// See [`NewNode`].
    pub works: bool,
    /// When it joined.
    pub started_at: Millis,
    /// When it renewed its lease, by the store's clock.
    pub beat_at: Millis,
    /// Whether its lease has not ended, by the store's clock.
    pub fresh: bool,
    /// What it last said of itself.
    pub beat: Beat,
    /// The slots it owns.
    pub slots: SlotSet,
}

/// Slots that were taken.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// Which.
    pub slots: SlotSet,
    /// As [`crate::Recovered::backlog`], of these slots.
    pub backlog: Vec<(EndpointKey, Millis)>,
}

/// What a dead node left.
#[derive(Debug, Clone, Default)]
pub struct Buried {
    /// Deliveries moved from its lanes to the due index.
    pub moved: u64,
    /// Its fan-outs, now this node's.
    pub fanouts: Vec<WaitingFanout>,
}

/// Which news to read.
#[derive(Debug, Clone, Default)]
pub struct NewsQuery {
    /// From [`News::next`]; `None` for what comes from now on.
    pub after: Option<NewsCursor>,
    /// Deliveries of endpoints in these slots.
    pub slots: SlotSet,
    /// The most deliveries.
    pub limit: usize,
    /// Bodies are read along until they sum up to this.
    pub body_bytes: usize,
}

/// Up to where news were read; of meaning to its store only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewsCursor {
    /// The first transaction that may have news.
    pub transaction: i64,
    /// In it, deliveries up to this one were read.
    pub delivery: Option<DeliveryKey>,
}

/// What happened elsewhere.
#[derive(Debug, Clone)]
pub struct News {
    /// Deliveries that other nodes put into the due index, or released in an order.
    pub deliveries: Vec<(EndpointKey, DueDelivery)>,
    /// What other nodes changed.
    pub signals: Vec<Signal>,
    /// More is waiting.
    pub more: bool,
    /// Where the next call goes on.
    pub next: NewsCursor,
}

/// Something that memory may know otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// An endpoint was created, changed, disabled or deleted.
    Endpoint(TenantKey, EndpointKey),
    /// A tenant was deleted with these endpoints.
    Tenant(TenantKey, Arc<[EndpointKey]>),
    /// A project was changed or deleted.
    Project(ProjectKey),
    /// A project's event types were changed.
    Catalogue(ProjectKey),
    /// An API key was revoked.
    Keys,
    /// A delivery was cancelled.
    Cancelled(DeliveryKey),
    /// An event's content was erased.
    Erased(Ordinal),
    /// A replay was created or cancelled.
    Replays,
    /// Slots became free, or a node came or went.
    Slots,
    /// News were lost, for they are kept for a while only: everything in memory may be out of date.
    Everything,
}
