//! What of a lane is in flight: its requests, and the deliveries that they carry.

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use smallvec::SmallVec;

use super::lane::{Item, Items};

/// A delivery whose attempt has begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flying {
    event: Ordinal,
    /// The ordered key whose head it is.
    key: Option<u64>,
    /// See [`Item::fresh`].
    pub fresh: bool,
    /// The rate it took its token from, by the lane's number of it.
    pub rate: u32,
    /// Cancelled meanwhile: if its request was not made after all, it is made no more.
    pub cancelled: bool,
    /// Erased meanwhile: memory keeps nothing of its content.
    erased: bool,
}

/// The requests of a lane that are in flight.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    deliveries: Vec<Flying>,
    requests: usize,
    /// How many of these went to a URL that the endpoint no longer has.
    elsewhere: usize,
    /// Counts the URLs that the endpoint was given.
    url_number: u32,
}

impl Flight {
    /// A request begins with these, under this number of the rate.
    pub(crate) fn begin(&mut self, items: &Items, rate: u32) {
        let flying = |item: &Item| {
            let (event, key, fresh) = (item.event, item.key, item.fresh);
            Flying { event, key, fresh, rate, cancelled: false, erased: false }
        };
        self.deliveries.extend(items.iter().map(flying));
        self.requests += 1;
    }

    /// The endpoint has another URL from now on.
    pub(crate) fn move_on(&mut self) {
        self.url_number = self.url_number.wrapping_add(1);
        self.elsewhere = self.requests;
    }

    /// Which of its URLs the endpoint has now.
    pub(crate) fn url_number(&self) -> u32 {
        self.url_number
    }

    /// Whether no further request may be in flight: a window holds for the URL it has now, a ceiling for all.
    pub(crate) fn is_full(&self, window: usize, ceiling: usize) -> bool {
        self.requests - self.elsewhere >= window || self.requests >= ceiling
    }

    /// A request ended that was begun under this number of the URL; `false` if the endpoint has another by now.
    pub(crate) fn ended(&mut self, url_number: u32) -> bool {
        let here = url_number == self.url_number;
        self.requests = self.requests.saturating_sub(1);
        if !here {
            self.elsewhere = self.elsewhere.saturating_sub(1);
        }
        here
    }

    /// Takes a delivery out and brings its item up to date; `None` if it is not in flight.
    pub(crate) fn land(&mut self, item: &mut Item) -> Option<Flying> {
        let at = self.deliveries.iter().position(|flying| flying.event == item.event)?;
        let flying = self.deliveries.swap_remove(at);
        item.fresh = flying.fresh;
        item.body.take_if(|_| flying.erased);
        Some(flying)
    }

    /// The deliveries in flight.
    pub(crate) fn events(&self) -> impl Iterator<Item = Ordinal> {
        self.deliveries.iter().map(|flying| flying.event)
    }

    /// Whether a delivery with a place in this order is in flight.
    pub(crate) fn has_key(&self, key: u64) -> bool {
        self.deliveries.iter().any(|flying| flying.key == Some(key))
    }

    /// A delivery was cancelled.
    pub(crate) fn cancel(&mut self, event: Ordinal) {
        self.each_of(event, |flying| flying.cancelled = true);
    }

    /// An event was erased.
    pub(crate) fn erase(&mut self, event: Ordinal) {
        self.each_of(event, |flying| flying.erased = true);
    }

    fn each_of(&mut self, event: Ordinal, change: impl FnMut(&mut Flying)) {
        self.deliveries.iter_mut().filter(|flying| flying.event == event).for_each(change);
    }

    /// Fresh ones older than `before`, fresh no more: they go into the due index.
    pub(crate) fn age(&mut self, before: Ordinal, aged: &mut SmallVec<[(Ordinal, Millis); 4]>) {
        for flying in self.deliveries.iter_mut().filter(|flying| flying.fresh && flying.event < before) {
            flying.fresh = false;
            aged.push((flying.event, flying.event.time()));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.deliveries.is_empty() && self.requests == 0
    }
}
