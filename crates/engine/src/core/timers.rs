//! One timer per endpoint with something to wait for, none per delivery (DESIGN 2.2).

use std::collections::BTreeSet;

use ahash::AHashMap;
use postrider_model::id::EndpointKey;
use postrider_model::time::Millis;

/// When which endpoint must be looked at: one instant each, the earliest asked for.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    order: BTreeSet<(Millis, EndpointKey)>,
    of: AHashMap<EndpointKey, Millis>,
}

impl Timers {
    /// Looks at the endpoint at `at`, or before if that was asked for already.
    pub(crate) fn set(&mut self, endpoint: EndpointKey, at: Millis) {
        match self.of.insert(endpoint, at) {
            Some(known) if known <= at => {
                self.of.insert(endpoint, known);
                return;
            }
            Some(known) => {
                self.order.remove(&(known, endpoint));
            }
            None => {}
        }
        self.order.insert((at, endpoint));
    }

    pub(crate) fn next(&self) -> Option<Millis> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The next endpoint whose time has come; its timer is used up.
    pub(crate) fn pop(&mut self, now: Millis) -> Option<EndpointKey> {
        let (at, _) = self.order.first()?;
        if *at > now {
            return None;
        }
        let (_, endpoint) = self.order.pop_first()?;
        self.of.remove(&endpoint);
        Some(endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_one_timer_and_it_is_the_earliest() {
        let mut timers = Timers::default();
        for at in [50, 30, 40, 30] {
            timers.set(EndpointKey(1), Millis(at));
        }
        timers.set(EndpointKey(2), Millis(35));
        assert_eq!(timers.next(), Some(Millis(30)));
        assert_eq!(timers.pop(Millis(29)), None);
        assert_eq!(timers.pop(Millis(100)), Some(EndpointKey(1)));
        assert_eq!(timers.pop(Millis(100)), Some(EndpointKey(2)));
        assert_eq!((timers.pop(Millis(100)), timers.next()), (None, None));
    }
}
