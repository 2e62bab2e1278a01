//! What an engine is made of, and its numbers.

use std::sync::Arc;
use std::time::Duration;

use postrider_courier::{GuardPolicy, Transport};
use postrider_model::id::IdSalt;
use postrider_model::limits::Limits;
use postrider_store::Store;
use postrider_vault::Keyring;

use crate::cluster::NodeSettings;
use crate::ports::{Clock, Fatal, Rng, Spawner};
use crate::project::Contracts;

/// What an engine is made of.
#[expect(missing_debug_implementations, reason = "a store and a transport have nothing to show")]
pub struct EngineParts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Tasks.
    pub spawner: Arc<dyn Spawner>,
    /// The end, when it cannot go on.
    pub fatal: Arc<dyn Fatal>,
    /// Secrets at rest.
    pub keyring: Arc<Keyring>,
    /// Contracts by name.
    pub contracts: Contracts,
    /// What may be dialled.
    pub guard: GuardPolicy,
    /// The salt of this installation's ids.
    pub salt: IdSalt,
    /// Named limits.
    pub limits: Limits,
    /// Numbers of the engine itself.
    pub settings: Settings,
}

/// Numbers of the engine (DESIGN 2).
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most attempts in flight on this node: at most 8,192 and half the file descriptors.
    pub max_in_flight: usize,
    /// Bytes that event bodies in lanes may take together.
    pub body_bytes: usize,
    /// Accepting answers 503 while more than this waits to be committed, in bytes.
    pub queue_bytes: usize,
    /// Or while the oldest waits longer than this.
    pub queue_age: Duration,
    /// An event with many endpoints is answered with 503 while more deliveries than this wait to be written after their
    /// events.
    pub fanout_matches: usize,
    /// Deliveries written in one commit after their events.
    pub fanout_chunk: usize,
    /// Accepting stops while the disk has less free than this, in bytes; settling goes on.
    pub min_free_bytes: u64,
    /// `User-Agent` of every request.
    pub user_agent: String,
    /// What this node is among those that share the store.
    pub node: NodeSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_in_flight: 8_192,
            body_bytes: 64 * 1024 * 1024,
            queue_bytes: 32 * 1024 * 1024,
            queue_age: Duration::from_millis(500),
            fanout_matches: 4_000_000,
            fanout_chunk: 256,
            min_free_bytes: 512 * 1024 * 1024,
            user_agent: concat!("Postrider/", env!("CARGO_PKG_VERSION")).to_owned(),
            node: NodeSettings::default(),
        }
    }
}
