//! Pages that are kept up to date while they are open take a place each: so many on a node, and not all of them by one
//! session.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use postrider_model::limits::Limits;

/// The places of a node.
#[derive(Debug)]
pub struct LiveStreams {
    most: usize,
    most_of_session: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_session: HashMap<[u8; 32], usize>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct LivePlace {
    taken: Arc<Mutex<Taken>>,
    session: [u8; 32],
}

impl LiveStreams {
    /// As many as the limits say.
    pub fn new(limits: &Limits) -> Self {
        Self {
            most: limits.max_live_streams,
            most_of_session: limits.max_live_streams_of_session,
            taken: Arc::default(),
        }
    }

    /// A place for a page of that session (the hash of its token), if there is one.
    pub fn take(&self, session: [u8; 32]) -> Option<LivePlace> {
        let mut taken = self.taken.lock();
        let own = taken.by_session.get(&session).copied().unwrap_or(0);
        if taken.all >= self.most || own >= self.most_of_session {
            return None;
        }
        taken.all += 1;
        taken.by_session.insert(session, own + 1);
        Some(LivePlace { taken: Arc::clone(&self.taken), session })
    }
}

impl Drop for LivePlace {
    fn drop(&mut self) {
        let mut taken = self.taken.lock();
        taken.all = taken.all.saturating_sub(1);
        match taken.by_session.get_mut(&self.session) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                taken.by_session.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_session_takes_every_place_and_a_place_that_is_left_is_free_again() {
        let limits = Limits { max_live_streams: 3, max_live_streams_of_session: 2, ..Limits::default() };
        let streams = LiveStreams::new(&limits);
        let first = streams.take([1; 32]).unwrap();
        let _second = streams.take([1; 32]).unwrap();
        assert!(streams.take([1; 32]).is_none(), "its share is taken");
        let other = streams.take([2; 32]).unwrap();
        assert!(streams.take([3; 32]).is_none(), "all are taken");
        drop(first);
        assert!(streams.take([1; 32]).is_some());
        drop(other);
        assert!(!streams.taken.lock().by_session.contains_key(&[2; 32]), "nothing is kept of who has left");
    }
}
