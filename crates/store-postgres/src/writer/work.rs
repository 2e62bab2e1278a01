//! What a commit has to do, sorted by how: deliveries that nobody but this node's lanes knows are settled without a look
//! at what is stored, the others are read first.

use std::collections::{BTreeSet, HashMap, HashSet};

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{Append, Batch, Change, FanoutChunk, HealthWrite, NewEvent, Settle};

use crate::memory::{LaneEvent, Memory};

/// The low-water mark is written when it moved so far: what a recovery looks through for nothing is short.
const LOW_WATER_EVERY_MS: i64 = 1_000;

/// See the module.
pub(super) struct Work<'a> {
    pub(super) now: Millis,
    pub(super) low_water: Ordinal,
    /// Whether the low-water mark is the batch's: what is done again has none.
    pub(super) low_water_given: bool,
    /// Whether the node's row must have it with this commit: it moved by a second, or lies below what is there.
    pub(super) moves_low_water: bool,
    pub(super) appends: &'a [Append],
    pub(super) fanouts: &'a [FanoutChunk],
    pub(super) settles: Vec<&'a Settle>,
    pub(super) changes: &'a [Change],
    pub(super) health: &'a [HealthWrite],
    /// Settles, by index, that are written without a look, and what is known of their events.
    pub(super) fresh: Vec<(usize, LaneEvent)>,
    /// The other settles, by index.
    pub(super) slow: Vec<usize>,
    /// Deliveries that are read: of the other settles and of the changes.
    pub(super) keys: Vec<DeliveryKey>,
}

impl<'a> Work<'a> {
    /// Of a batch.
    pub(super) fn of(batch: &'a Batch, memory: &Memory) -> Self {
        let settles: Vec<&Settle> = batch.settles.iter().collect();
        let (mut fresh, mut slow) = (Vec::with_capacity(settles.len()), Vec::new());
        let alone = Alone::of(batch);
        for (index, settle) in settles.iter().enumerate() {
            let known =
                if settle.fresh && alone.has(settle) { memory.event(settle.delivery.event) } else { None };
            match known {
                Some(event) => fresh.push((index, event)),
                None => slow.push(index),
            }
        }
        let mut work = Self {
            now: batch.now,
            low_water: batch.low_water,
            low_water_given: true,
            moves_low_water: memory.low_water.is_none_or(|on_disk| {
                batch.low_water < on_disk || batch.low_water.time().0 - on_disk.time().0 >= LOW_WATER_EVERY_MS
            }),
            appends: &batch.appends,
            fanouts: &batch.fanouts,
            settles,
            changes: &batch.changes,
            health: &batch.health,
            fresh,
            slow,
            keys: Vec::new(),
        };
        work.collect_keys();
        work
    }

    /// Some of the settles, to be done with a look.
    pub(super) fn only_settles(&self, indices: &[usize]) -> Work<'a> {
        let mut work = Work {
            now: self.now,
            low_water: self.low_water,
            low_water_given: false,
            moves_low_water: false,
            appends: &[],
            fanouts: &[],
            settles: indices.iter().map(|index| self.settles[*index]).collect(),
            changes: &[],
            health: &[],
            fresh: Vec::new(),
            slow: (0..indices.len()).collect(),
            keys: Vec::new(),
        };
        work.collect_keys();
        work
    }

    fn collect_keys(&mut self) {
        let settled = self.slow.iter().map(|index| self.settles[*index].delivery);
        let keys: BTreeSet<(i64, i64)> = settled
            .chain(self.changes.iter().map(Change::delivery))
            .map(|key| (key.endpoint.0, key.event.0))
            .collect();
        self.keys = keys.into_iter().map(|(endpoint, event)| key(event, endpoint)).collect();
    }

    /// Whether a delivery is among those that are read.
    pub(super) fn asks_for(&self, key: DeliveryKey) -> bool {
        let at = |other: &DeliveryKey| (other.endpoint, other.event).cmp(&(key.endpoint, key.event));
        self.keys.binary_search_by(at).is_ok()
    }

    /// Whether nothing of it needs a look.
    pub(super) fn is_fresh_only(&self) -> bool {
        self.appends.is_empty()
            && self.fanouts.is_empty()
            && self.slow.is_empty()
            && self.changes.is_empty()
            && self.health.is_empty()
    }
}

/// Which settles are the only item of the batch for their delivery.
struct Alone {
    appended: HashSet<Ordinal>,
    items: HashMap<DeliveryKey, u32>,
}

impl Alone {
    fn of(batch: &Batch) -> Self {
        let appended = batch.appends.iter().flat_map(|append| &append.events).map(|event| event.ordinal);
        let chunks = batch.fanouts.iter().map(|chunk| chunk.event);
        let mut items = HashMap::with_capacity(batch.settles.len());
        let settled = batch.settles.iter().map(|settle| settle.delivery);
        for key in settled.chain(batch.changes.iter().map(Change::delivery)) {
            *items.entry(key).or_default() += 1;
        }
        Self { appended: appended.chain(chunks).collect(), items }
    }

    fn has(&self, settle: &Settle) -> bool {
        self.items.get(&settle.delivery) == Some(&1) && !self.appended.contains(&settle.delivery.event)
    }
}

/// A pair of row numbers as a key.
pub(crate) fn key(event: i64, endpoint: i64) -> DeliveryKey {
    DeliveryKey { event: Ordinal(event), endpoint: postrider_model::id::EndpointKey(endpoint) }
}

/// The class that an event's history is kept by.
pub(super) fn class_of(event: &NewEvent) -> i16 {
    i16::try_from(event.retention_days).unwrap_or(i16::MAX)
}

pub(super) fn world_of(event: &NewEvent) -> i64 {
    event.project.0 * 2 + event.mode.bit()
}
