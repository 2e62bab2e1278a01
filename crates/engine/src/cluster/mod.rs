//! Many nodes on one store (DESIGN 6): this node's lease, its slots, and what the others do.
//!
//! Two tasks. The *heartbeat* renews the lease and sees who is there; the *steward* acts on it: it buries nodes that
//! died, gives slots up and takes them, joins again where this node was taken for dead, and brings the core what other
//! nodes wrote for it. Where the store is one process's own neither runs, the lease has no end and every slot is owned.

mod clock;
mod heartbeat;
mod lease;
mod steward;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::slot::{NodeNumber, SlotSet};
use postrider_model::time::Millis;
use postrider_store::{Beat, NewNode, NodeSeen, Store, StoreError, View};
use tokio::sync::{Notify, mpsc, watch};

use crate::shared::Shared;
pub(crate) use clock::StoreClock;
pub(crate) use heartbeat::fenced;
pub(crate) use lease::Lease;

/// A node further than this off the store's clock accepts nothing (DESIGN 6).
pub(crate) const MOST_CLOCK_MS: u64 = 5_000;

/// What a node is among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSettings {
    /// Its name, for people.
    pub name: String,
    /// Where it answers, for people.
    pub address: String,
    /// Its version.
    pub version: String,
    /// Whether it accepts events and answers the API.
    pub serves: bool,
    /// Whether it delivers.
    pub works: bool,
    /// How long its lease is good for after each renewal. The others take over what a dead node had after this.
    pub lease: Duration,
    /// How often it renews the lease.
    pub beat: Duration,
}

impl Default for NodeSettings {
    fn default() -> Self {
        Self {
            name: "postrider".to_owned(),
            address: String::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            serves: true,
            works: true,
            lease: Duration::from_secs(6),
            beat: Duration::from_secs(1),
        }
    }
}

/// What the parts of the engine share about the cluster.
pub(crate) struct Cluster {
    /// Whether there may be others at all.
    pub shared_store: bool,
    pub lease: Lease,
    /// The slots whose deliveries this node makes. Written by the core alone.
    pub owned: RwLock<SlotSet>,
    /// The store's clock is too far off this machine's, by so many milliseconds.
    pub clock_off_ms: std::sync::atomic::AtomicI64,
    /// Who is there, as of the last beat; `None` before the first.
    view: watch::Sender<Option<Arc<View>>>,
    /// This node's lease had ended when it wanted to renew it.
    fenced: watch::Sender<bool>,
    number: Mutex<NodeNumber>,
    /// It is stopping: the others are told so.
    leaving: watch::Sender<bool>,
    /// Asks for a beat now.
    beat_now: Notify,
    /// Slots that the core has done with.
    vacated: mpsc::UnboundedSender<SlotSet>,
}

/// What only the steward has.
pub(crate) struct StewardEnd {
    vacated: mpsc::UnboundedReceiver<SlotSet>,
}

impl Cluster {
    pub(crate) fn new(shared_store: bool) -> (Self, StewardEnd) {
        let (vacated, end) = mpsc::unbounded_channel();
        let owned = if shared_store { SlotSet::EMPTY } else { SlotSet::ALL };
        let cluster = Self {
            shared_store,
            lease: if shared_store { Lease::ended() } else { Lease::endless() },
            owned: RwLock::new(owned),
            clock_off_ms: std::sync::atomic::AtomicI64::new(0),
            view: watch::channel(None).0,
            fenced: watch::channel(false).0,
            number: Mutex::new(NodeNumber::default()),
            leaving: watch::channel(false).0,
            beat_now: Notify::new(),
            vacated,
        };
        (cluster, StewardEnd { vacated: end })
    }

    /// Whether this node makes the deliveries of an endpoint.
    pub(crate) fn owns(&self, endpoint: EndpointKey) -> bool {
        !self.shared_store || self.owned.read().has(endpoint)
    }

    /// The core is done with these slots.
    pub(crate) fn vacate(&self, slots: SlotSet) {
        let _ = self.vacated.send(slots);
    }

    /// The others need not reckon with this node any more.
    pub(crate) fn leave(&self) {
        self.leaving.send_replace(true);
        self.beat_now.notify_one();
    }

    /// This node's number.
    pub(crate) fn number(&self) -> NodeNumber {
        *self.number.lock()
    }
}

impl Shared {
    /// All nodes, as of the last beat.
    pub(crate) fn nodes(&self) -> Vec<NodeSeen> {
        if self.cluster.shared_store {
            let view = self.cluster.view.borrow();
            return view.as_ref().map(|view| view.nodes.clone()).unwrap_or_default();
        }
        let node = &self.settings.node;
        let now = self.clock.now();
        vec![NodeSeen {
            number: NodeNumber::default(),
            name: node.name.clone(),
            address: node.address.clone(),
            version: node.version.clone(),
            serves: true,
            works: true,
            started_at: self.started_at,
            beat_at: now,
            fresh: true,
            beat: self.beat(),
            slots: SlotSet::ALL,
        }]
    }

    /// What this node says of itself.
    fn beat(&self) -> Beat {
        let (queued, oldest_due) = self.metrics.backlog();
        let leaving = *self.cluster.leaving.borrow();
        Beat { leaving, queued, in_flight: self.metrics.in_flight(), oldest_due }
    }
}

/// What a start needs of the store before it recovers.
pub(crate) struct Member {
    /// This node's number; `None` where the store is its own.
    pub number: Option<NodeNumber>,
    pub highest: Ordinal,
    pub clock_ahead_ms: i64,
}

/// Joins, where the store is shared.
pub(crate) async fn join(
    store: &dyn Store,
    settings: &NodeSettings,
    now: Millis,
) -> Result<Member, StoreError> {
    if !store.is_shared() {
        return Ok(Member { number: None, highest: Ordinal::default(), clock_ahead_ms: 0 });
    }
    let joined = store
        .join(NewNode {
            name: settings.name.clone(),
            address: settings.address.clone(),
            version: settings.version.clone(),
            serves: settings.serves,
            works: settings.works,
            lease: settings.lease,
            now,
        })
        .await?;
    tracing::info!(number = joined.number.0, name = settings.name, "joined the nodes of this store");
    Ok(Member { number: Some(joined.number), highest: joined.highest, clock_ahead_ms: joined.clock_ahead_ms })
}

/// Starts both tasks, where the store is shared.
pub(crate) fn start(shared: &Arc<Shared>, end: StewardEnd) {
    if shared.cluster.shared_store {
        shared.spawner.spawn(Box::pin(heartbeat::run(Arc::clone(shared))));
        shared.spawner.spawn(Box::pin(steward::run(Arc::clone(shared), end)));
    }
}

/// What the steward and the start of an engine tell of a new number.
pub(crate) fn joined_as(shared: &Shared, number: NodeNumber) {
    *shared.cluster.number.lock() = number;
}
