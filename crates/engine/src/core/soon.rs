//! Retries that fall due within a minute: they wait in memory, so that a failing endpoint's deliveries are not read
//! back from the store one at a time. Measured with one endpoint in twenty failing: 10 of 58 µs of CPU per delivery.
//!
//! The due index has them too, so that nothing is lost with the memory: what is here is marked present, and loads skip
//! it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lane::Item;

/// Retries due later than this are read from the store in their time.
pub(crate) const SOON: Duration = Duration::from_secs(60);
/// What a lane keeps at most. A lane with more of them reads whole pages, which is as cheap.
const LANE_ROOM: usize = 128;
/// What all lanes keep together at most, about 5 MiB without the bodies.
const NODE_ROOM: usize = 32 * 1_024;

/// The places of all lanes.
#[derive(Debug, Clone)]
pub(crate) struct SoonPlaces(Arc<Semaphore>);

impl Default for SoonPlaces {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(NODE_ROOM)))
    }
}

/// A retry and its place.
#[derive(Debug)]
struct Waiting {
    item: Item,
    place: OwnedSemaphorePermit,
}

/// A lane's retries of the next minute.
#[derive(Debug, Default)]
pub(crate) struct Soon {
    /// Their settles are on their way to the disk: sent before that, a crash would repeat an older attempt.
    unwritten: BTreeMap<Ordinal, Waiting>,
    written: BTreeMap<(Millis, Ordinal), Waiting>,
}

impl Soon {
    /// Keeps a retry whose settle was handed to the committer, if there is room.
    pub(crate) fn keep(&mut self, item: Item, places: &SoonPlaces) -> bool {
        if self.unwritten.len() + self.written.len() >= LANE_ROOM {
            return false;
        }
        let Ok(place) = Arc::clone(&places.0).try_acquire_owned() else { return false };
        self.unwritten.insert(item.event, Waiting { item, place });
        true
    }

    /// The settle is on disk; `false` if it was not kept, or is not any more.
    pub(crate) fn settled(&mut self, event: Ordinal) -> bool {
        let Some(waiting) = self.unwritten.remove(&event) else { return false };
        self.written.insert((waiting.item.due, event), waiting);
        true
    }

    /// Whether one waits here whose settle is on disk.
    pub(crate) fn keeps(&self, event: Ordinal) -> bool {
        self.written.keys().any(|(_, of)| *of == event)
    }

    /// When the first of them falls due.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        self.written.first_key_value().map(|((due, _), _)| *due)
    }

    /// The next one that is due.
    pub(crate) fn pop(&mut self, now: Millis) -> Option<Item> {
        let entry = self.written.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove().into_item())
    }

    /// Takes one out, whatever has become of its settle.
    pub(crate) fn remove(&mut self, event: Ordinal) -> Option<Item> {
        let found = self.unwritten.remove(&event).or_else(|| {
            let key = *self.written.keys().find(|(_, of)| *of == event)?;
            self.written.remove(&key)
        });
        found.map(Waiting::into_item)
    }

    /// Takes all out.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Item> {
        let unwritten = std::mem::take(&mut self.unwritten).into_values();
        unwritten.chain(std::mem::take(&mut self.written).into_values()).map(Waiting::into_item)
    }

    /// All of them, to be changed in place; not when they are due.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.unwritten.values_mut().chain(self.written.values_mut()).map(|waiting| &mut waiting.item)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unwritten.is_empty() && self.written.is_empty()
    }
}

impl Waiting {
    fn into_item(self) -> Item {
        drop(self.place);
        self.item
    }
}

#[cfg(test)]
mod tests {
    use postrider_store::EventFlags;

    use super::*;

    fn retry(event: i64, due: i64) -> Item {
        Item {
            event: Ordinal(event),
            body: None,
            fresh: false,
            due: Millis(due),
            late: false,
            step: 1,
            attempts: 1,
            first_attempt_at: Some(Millis(1)),
            key: None,
            flags: EventFlags::default(),
        }
    }

    #[test]
    fn a_retry_is_given_out_when_it_is_due_and_its_settle_is_on_disk() {
        let (mut soon, places) = (Soon::default(), SoonPlaces::default());
        assert!(soon.keep(retry(1, 50), &places) && soon.keep(retry(2, 40), &places));
        assert!(soon.pop(Millis(60)).is_none() && soon.next_due().is_none(), "neither is on disk");
        assert!(soon.settled(Ordinal(1)) && !soon.settled(Ordinal(1)) && !soon.settled(Ordinal(7)));
        assert_eq!(soon.next_due(), Some(Millis(50)));
        assert!(soon.keeps(Ordinal(1)) && !soon.keeps(Ordinal(2)));
        assert!(soon.pop(Millis(49)).is_none());
        assert_eq!(soon.pop(Millis(50)).map(|item| item.event), Some(Ordinal(1)));
        assert!(!soon.is_empty());
        assert_eq!(soon.remove(Ordinal(2)).map(|item| item.event), Some(Ordinal(2)));
        assert!(!soon.settled(Ordinal(2)), "it was taken out");
        assert!(soon.is_empty());
    }

    #[test]
    fn only_so_many_are_kept_and_their_places_come_back() {
        let (mut soon, places) = (Soon::default(), SoonPlaces::default());
        let kept = (0..1_000).filter(|n| soon.keep(retry(*n, 5), &places)).count();
        assert_eq!((kept, places.0.available_permits()), (LANE_ROOM, NODE_ROOM - LANE_ROOM));
        assert_eq!(soon.drain().count(), LANE_ROOM);
        assert_eq!(places.0.available_permits(), NODE_ROOM);
    }
}
