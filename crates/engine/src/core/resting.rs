//! Health of endpoints whose lanes went away: newer than that of a plan which the routes keep.

use std::collections::VecDeque;

use ahash::AHashMap;
use postrider_model::health::Health;
use postrider_model::id::{EndpointKey, TenantKey};

/// As many as the routes keep; beyond it what has rested longest is forgotten, for the store has it too.
#[derive(Debug)]
pub(crate) struct Resting {
    most: usize,
    known: AHashMap<EndpointKey, Rested>,
    /// As they came, by their numbers; may hold some that were taken out since.
    order: VecDeque<(EndpointKey, u64)>,
    last_number: u64,
}

#[derive(Debug)]
struct Rested {
    number: u64,
    tenant: TenantKey,
    health: Health,
}

impl Resting {
    pub(crate) fn new(most: u64) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self { most, known: AHashMap::new(), order: VecDeque::new(), last_number: 0 }
    }

    /// Keeps one; the tenant of the one that is forgotten for it.
    pub(crate) fn insert(
        &mut self,
        endpoint: EndpointKey,
        tenant: TenantKey,
        health: Health,
    ) -> Option<TenantKey> {
        self.last_number += 1;
        let number = self.last_number;
        self.known.insert(endpoint, Rested { number, tenant, health });
        self.order.push_back((endpoint, number));
        if self.order.len() <= self.most {
            return None;
        }
        let (oldest, number) = self.order.pop_front()?;
        if self.known.get(&oldest)?.number != number {
            return None;
        }
        self.known.remove(&oldest).map(|rested| rested.tenant)
    }

    /// Forgets those of which `keep` does not hold.
    pub(crate) fn retain(&mut self, keep: impl Fn(EndpointKey) -> bool) {
        self.known.retain(|endpoint, _| keep(*endpoint));
    }

    pub(crate) fn remove(&mut self, endpoint: &EndpointKey) -> Option<Health> {
        self.known.remove(endpoint).map(|rested| rested.health)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_rest_and_the_one_that_rested_longest_is_forgotten() {
        let mut resting = Resting::new(2);
        let mut insert = |n| resting.insert(EndpointKey(n), TenantKey(10 * n), Health::default());
        assert_eq!([insert(1), insert(2), insert(3)], [None, None, Some(TenantKey(10))]);
        assert!(resting.remove(&EndpointKey(1)).is_none());
        for _ in 0..10 {
            assert!(resting.remove(&EndpointKey(3)).is_some());
            resting.insert(EndpointKey(3), TenantKey(30), Health::default());
        }
        assert!(resting.known.len() <= 2 && resting.order.len() <= 2);
    }
}
