//! One room for the bodies of all requests: many large ones that arrive slowly must not fill the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// A body up to here takes no room: it costs no more than its connection.
pub(crate) const FREE_BYTES: usize = 64 * 1024;

/// The room, and how much of it is taken.
#[derive(Debug)]
pub struct BodyRoom {
    limit_bytes: usize,
    taken_bytes: Arc<AtomicUsize>,
}

/// What one body takes of the room, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    taken_bytes: Arc<AtomicUsize>,
    bytes: usize,
}

impl BodyRoom {
    /// For so many bytes.
    pub fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, taken_bytes: Arc::default() }
    }

    pub(crate) fn place(&self) -> Place {
        Place { taken_bytes: Arc::clone(&self.taken_bytes), bytes: 0 }
    }

    /// Takes more room for a body; `false` if there is not so much.
    pub(crate) fn take(&self, place: &mut Place, bytes: usize) -> bool {
        let before = self.taken_bytes.fetch_add(bytes, Ordering::Relaxed);
        place.bytes += bytes;
        before.saturating_add(bytes) <= self.limit_bytes
    }
}

impl Place {
    /// The body, which gives its room back when its last slice is dropped.
    pub(crate) fn hold(self, body: Bytes) -> Bytes {
        Bytes::from_owner(Held { body, _place: self })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

struct Held {
    body: Bytes,
    _place: Place,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back_with_the_last_slice_of_a_body() {
        let room = BodyRoom::new(10);
        let mut place = room.place();
        assert!(room.take(&mut place, 8));
        let mut other = room.place();
        assert!(!room.take(&mut other, 8));
        drop(other);
        let slice = place.hold(Bytes::from_static(b"12345678")).slice(2..4);
        assert_eq!((&slice[..], room.taken_bytes.load(Ordering::Relaxed)), (&b"34"[..], 8));
        drop(slice);
        assert_eq!(room.taken_bytes.load(Ordering::Relaxed), 0);
    }
}
