//! The low-water mark: the first event with a delivery in a lane that is not in the due index (DESIGN 5).

use std::collections::VecDeque;

use postrider_model::id::Ordinal;

/// Counts, per event, the deliveries that only memory and the delivery table know of.
#[derive(Debug, Default)]
pub(crate) struct LowWater {
    // Events come in the order of their ordinals, so the queue is sorted.
    events: VecDeque<(Ordinal, u32)>,
    next: Ordinal,
}

impl LowWater {
    /// Starts above every id that was ever made.
    pub(crate) fn new(highest: Ordinal) -> Self {
        Self { events: VecDeque::new(), next: Ordinal(highest.0 + 1) }
    }

    /// `count` deliveries of a new event go to lanes.
    pub(crate) fn add(&mut self, event: Ordinal, count: u32) {
        match self.events.back_mut() {
            Some((last, known)) if *last == event => *known += count,
            Some((last, _)) if *last > event => {
                // A later chunk of a fan-out: its event lies further back.
                match self.events.binary_search_by_key(&event, |entry| entry.0) {
                    Ok(at) => self.events[at].1 += count,
                    Err(at) => self.events.insert(at, (event, count)),
                }
            }
            _ => self.events.push_back((event, count)),
        }
        self.next = self.next.max(Ordinal(event.0 + 1));
    }

    /// No event that is accepted from now on gets a smaller ordinal than this.
    pub(crate) fn nothing_before(&mut self, ordinal: Ordinal) {
        self.next = self.next.max(ordinal);
    }

    /// A new event of which nothing goes to a lane: the mark may pass it.
    pub(crate) fn pass(&mut self, event: Ordinal) {
        self.next = self.next.max(Ordinal(event.0 + 1));
    }

    /// One of them is settled, or in the due index.
    pub(crate) fn remove(&mut self, event: Ordinal) {
        if let Ok(at) = self.events.binary_search_by_key(&event, |entry| entry.0) {
            self.events[at].1 = self.events[at].1.saturating_sub(1);
        }
        while self.events.front().is_some_and(|entry| entry.1 == 0) {
            self.events.pop_front();
        }
    }

    /// Everything before it is in the due index or settled.
    pub(crate) fn mark(&self) -> Ordinal {
        self.events.front().map_or(self.next, |entry| entry.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_the_oldest_event_still_in_a_lane() {
        let mut low = LowWater::new(Ordinal(9));
        assert_eq!(low.mark(), Ordinal(10));
        low.add(Ordinal(20), 2);
        low.add(Ordinal(21), 1);
        low.remove(Ordinal(20));
        low.remove(Ordinal(21));
        assert_eq!(low.mark(), Ordinal(20));
        low.remove(Ordinal(20));
        assert_eq!(low.mark(), Ordinal(22));
    }

    #[test]
    fn a_later_chunk_of_an_older_event_pulls_the_mark_back() {
        let mut low = LowWater::new(Ordinal(0));
        low.add(Ordinal(5), 1);
        low.add(Ordinal(8), 1);
        low.remove(Ordinal(5));
        low.add(Ordinal(5), 3);
        assert_eq!(low.mark(), Ordinal(5));
    }
}
