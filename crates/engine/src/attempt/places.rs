//! Bodies that memory had no room for: attempts read them from the store, and hold only so many bytes of them at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Kibibytes of content; the envelopes that are made of it take as much again.
const ROOM_KIB: u32 = 32 * 1024;
/// Endpoints whose last attempt timed out share a quarter, as they do of all attempts (DESIGN 2.3).
const SLOW_ROOM_KIB: u32 = ROOM_KIB / 4;

/// The part of its room that one attempt takes at most. A batch might have more; if it took all that, it would wait for
/// every other attempt to end, and everybody behind it.
const ONE_IN: u32 = 4;

/// The room for such bodies. It is taken in the order in which it was asked for.
#[derive(Debug)]
pub(crate) struct BodyPlaces {
    quick: Room,
    slow: Room,
}

#[derive(Debug)]
struct Room {
    kib: Arc<Semaphore>,
    /// What one attempt takes at most.
    most_kib: u32,
    /// For the one attempt that might have more.
    more: Arc<Semaphore>,
}

/// What one attempt's bodies take, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    kib: Option<OwnedSemaphorePermit>,
    more: Option<OwnedSemaphorePermit>,
}

impl Default for BodyPlaces {
    fn default() -> Self {
        Self { quick: Room::new(ROOM_KIB - SLOW_ROOM_KIB), slow: Room::new(SLOW_ROOM_KIB) }
    }
}

impl BodyPlaces {
    /// Waits for room for so many bytes, taken all at once. What might be more than an attempt's part of the room takes
    /// that part, one such attempt after the other.
    pub(crate) async fn take(&self, slow: bool, most_bytes: usize) -> Place {
        let room = if slow { &self.slow } else { &self.quick };
        let most = kib(most_bytes);
        // They are never closed.
        let more =
            if most > room.most_kib { Arc::clone(&room.more).acquire_owned().await.ok() } else { None };
        let kib = Arc::clone(&room.kib).acquire_many_owned(most.min(room.most_kib)).await.ok();
        Place { kib, more }
    }
}

impl Room {
    fn new(kib: u32) -> Self {
        Self {
            kib: Arc::new(Semaphore::new(kib as usize)),
            most_kib: kib / ONE_IN,
            more: Arc::new(Semaphore::new(1)),
        }
    }
}

impl Place {
    /// Gives back what was not needed.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let Some(permit) = &mut self.kib else { return };
        let needed = kib(bytes) as usize;
        if needed <= permit.num_permits() {
            self.more = None;
        }
        drop(permit.split(permit.num_permits().saturating_sub(needed)));
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const MIB: usize = 1024 * 1024;

    #[tokio::test(start_paused = true)]
    async fn many_small_bodies_fit_where_a_few_large_ones_fill_the_room() {
        let places = BodyPlaces::default();
        let mut held = Vec::new();
        for _ in 0..1_000 {
            let mut place = places.take(false, MIB).await;
            place.shrink(400);
            held.push(place);
        }
        let mut large = Vec::new();
        for mib in [6, 6, 6, 5] {
            large.push(places.take(false, mib * MIB).await);
        }
        assert!(timeout(Duration::from_secs(9), places.take(false, MIB)).await.is_err(), "it is full");
        assert!(
            timeout(Duration::from_secs(9), places.take(true, MIB)).await.is_ok(),
            "slow ones have their own"
        );
        drop(large);
        assert!(timeout(Duration::from_secs(9), places.take(false, MIB)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_whose_bodies_might_fill_the_room_keeps_nobody_waiting_for_a_hanging_receiver() {
        let places = BodyPlaces::default();
        let mut hanging = places.take(false, MIB / 4).await;
        hanging.shrink(400);
        let batch = places.take(false, 100 * MIB / 4);
        tokio::pin!(batch);
        let batch = timeout(Duration::from_secs(1), &mut batch).await;
        assert!(timeout(Duration::from_secs(9), places.take(false, MIB / 4)).await.is_ok(), "another one");
        assert!(batch.is_ok(), "the batch");
    }

    #[tokio::test(start_paused = true)]
    async fn of_what_is_larger_than_a_part_of_the_room_one_is_held_at_a_time() {
        let places = BodyPlaces::default();
        let mut first = places.take(false, 1_000 * MIB).await;
        first.shrink(100 * MIB);
        let second = places.take(false, 7 * MIB);
        tokio::pin!(second);
        assert!(timeout(Duration::from_secs(9), &mut second).await.is_err());
        assert!(timeout(Duration::from_secs(9), places.take(false, 6 * MIB)).await.is_ok(), "a smaller one");
        assert!(timeout(Duration::from_secs(9), places.take(true, 7 * MIB)).await.is_ok(), "a slow one");
        drop(first);
        let mut second = timeout(Duration::from_secs(9), second).await.expect("it is its turn");
        second.shrink(6 * MIB);
        assert!(timeout(Duration::from_secs(9), places.take(false, 7 * MIB)).await.is_ok(), "it was small");
    }
}
