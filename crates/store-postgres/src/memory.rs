//! What the store remembers between commits, so that settling reads nothing back.

use std::collections::VecDeque;

use postrider_model::id::Ordinal;
use postrider_store::EventFlags;

/// Events remembered at most. One that is forgotten is looked up.
const EVENTS: usize = 1_000_000;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Events with deliveries in lanes, by id.
    lanes: VecDeque<LaneEvent>,
    /// What the node's row says; `None` where that is not known.
    pub(crate) low_water: Option<Ordinal>,
}

/// What of an event is written with the end of each of its deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LaneEvent {
    pub(crate) event: i64,
    pub(crate) tenant: i64,
    pub(crate) class: i16,
    pub(crate) flags: EventFlags,
}

impl Memory {
    /// Remembers an event.
    pub(crate) fn add(&mut self, event: LaneEvent) {
        match self.lanes.binary_search_by_key(&event.event, |known| known.event) {
            Ok(_) => {}
            Err(at) => self.lanes.insert(at, event),
        }
        if self.lanes.len() > EVENTS {
            self.lanes.pop_front();
        }
    }

    /// Forgets what has no deliveries in lanes any more.
    pub(crate) fn prune(&mut self, low_water: Ordinal) {
        while self.lanes.front().is_some_and(|known| known.event < low_water.0) {
            self.lanes.pop_front();
        }
    }

    /// An event with deliveries in lanes.
    pub(crate) fn event(&self, event: Ordinal) -> Option<LaneEvent> {
        let at = self.lanes.binary_search_by_key(&event.0, |known| known.event).ok()?;
        self.lanes.get(at).copied()
    }

    /// Forgets the events of a tenant: they are being erased.
    pub(crate) fn forget_tenant(&mut self, tenant: i64) {
        self.lanes.retain(|known| known.tenant != tenant);
    }

    /// Forgets everything: the lanes are empty.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event: i64) -> LaneEvent {
        LaneEvent { event, tenant: event % 2, class: 30, flags: EventFlags::default() }
    }

    #[test]
    fn events_are_known_until_the_low_water_mark_passes_them() {
        let mut memory = Memory::default();
        for id in [5, 9, 7, 7] {
            memory.add(event(id));
        }
        assert_eq!(memory.event(Ordinal(7)), Some(event(7)));
        memory.prune(Ordinal(7));
        assert_eq!((memory.event(Ordinal(5)), memory.event(Ordinal(7))), (None, Some(event(7))));
        memory.forget_tenant(1);
        assert_eq!(memory.event(Ordinal(9)), None);
    }
}
