//! One timer per endpoint with something to wait for, none per delivery (DESIGN 2.2).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;

/// When which lane wants to be looked at. Entries are not removed when a lane's wish moves: the lane knows its
/// own time and passes over what is out of date.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Millis, EndpointKey)>>,
}

impl Timers {
    pub(crate) fn add(&mut self, at: Millis, endpoint: EndpointKey) {
        self.heap.push(Reverse((at, endpoint)));
    }

    pub(crate) fn next(&self) -> Option<Millis> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// The next one that is due.
    pub(crate) fn pop(&mut self, now: Millis) -> Option<(Millis, EndpointKey)> {
        let due = self.heap.peek().is_some_and(|Reverse((at, _))| *at <= now);
        if due { self.heap.pop().map(|Reverse(entry)| entry) } else { None }
    }
}
