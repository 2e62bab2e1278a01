//! Bodies that memory had no room for: attempts read them from the store, and hold only so many bytes of them at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Kibibytes of content; the envelopes that are made of it take as much again.
const ROOM_KIB: u32 = 32 * 1024;
/// Endpoints whose last attempt timed out share a quarter, as they do of all attempts (DESIGN 2.3).
const SLOW_ROOM_KIB: u32 = ROOM_KIB / 4;

/// The room for such bodies. It is taken in the order in which it was asked for.
#[derive(Debug)]
pub(crate) struct BodyPlaces {
    quick: Arc<Semaphore>,
    slow: Arc<Semaphore>,
}

/// What one attempt's bodies take, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Option<OwnedSemaphorePermit>);

impl Default for BodyPlaces {
    fn default() -> Self {
        let room = |kib: u32| Arc::new(Semaphore::new(kib as usize));
        Self { quick: room(ROOM_KIB - SLOW_ROOM_KIB), slow: room(SLOW_ROOM_KIB) }
    }
}

impl BodyPlaces {
    /// Waits for room for so many bytes, taken all at once; for more than there is at all, until there is nobody else.
    pub(crate) async fn take(&self, slow: bool, most_bytes: usize) -> Place {
        let (room, all) =
            if slow { (&self.slow, SLOW_ROOM_KIB) } else { (&self.quick, ROOM_KIB - SLOW_ROOM_KIB) };
        // It is never closed.
        Place(Arc::clone(room).acquire_many_owned(kib(most_bytes).min(all)).await.ok())
    }
}

impl Place {
    /// Gives back what was not needed.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let Some(permit) = &mut self.0 else { return };
        let unneeded = permit.num_permits().saturating_sub(kib(bytes) as usize);
        drop(permit.split(unneeded));
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
        let large = places.take(false, 23 * MIB).await;
        assert!(timeout(Duration::from_secs(9), places.take(false, MIB)).await.is_err(), "it is full");
        assert!(
            timeout(Duration::from_secs(9), places.take(true, MIB)).await.is_ok(),
            "slow ones have their own"
        );
        drop(large);
        assert!(timeout(Duration::from_secs(9), places.take(false, MIB)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_larger_than_the_room_has_it_for_itself() {
        let places = BodyPlaces::default();
        let whole = places.take(false, 1_000 * MIB).await;
        assert!(timeout(Duration::from_secs(9), places.take(false, 1)).await.is_err());
        drop(whole);
        assert!(timeout(Duration::from_secs(9), places.take(false, 1)).await.is_ok());
    }
}
