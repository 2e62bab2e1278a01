//! Attempts whose bodies memory had no room for: only so many at once read them from the store and hold them.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// With the largest events of the default limits, and as large an envelope for each, 64 MiB.
const PLACES: usize = 128;
/// Endpoints whose last attempt timed out share a quarter, as they do of all attempts (DESIGN 2.3).
const SLOW_PLACES: usize = PLACES / 4;

/// Places for such attempts. They are taken in the order in which they were asked for.
#[derive(Debug)]
pub(crate) struct BodyPlaces {
    quick: Arc<Semaphore>,
    slow: Arc<Semaphore>,
}

impl Default for BodyPlaces {
    fn default() -> Self {
        Self {
            quick: Arc::new(Semaphore::new(PLACES - SLOW_PLACES)),
            slow: Arc::new(Semaphore::new(SLOW_PLACES)),
        }
    }
}

impl BodyPlaces {
    /// Waits for a place; it is free again when it is dropped. `None`: there are none any more, which never happens.
    pub(crate) async fn take(&self, slow: bool) -> Option<OwnedSemaphorePermit> {
        let places = if slow { &self.slow } else { &self.quick };
        Arc::clone(places).acquire_owned().await.ok()
    }
}
