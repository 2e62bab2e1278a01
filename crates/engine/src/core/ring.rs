//! Lanes that wait for a place on the node: round-robin by tenant, then by endpoint (DESIGN 2.3).

use std::collections::VecDeque;

use ahash::AHashMap;
use postrider_model::id::{EndpointKey, TenantKey};

/// Waiting lanes. A tenant with a thousand waiting endpoints gets as many turns as one with a single one.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    tenants: VecDeque<TenantKey>,
    lanes: AHashMap<TenantKey, VecDeque<EndpointKey>>,
}

impl Ring {
    pub(crate) fn push(&mut self, tenant: TenantKey, endpoint: EndpointKey) {
        let lanes = self.lanes.entry(tenant).or_default();
        if lanes.is_empty() {
            self.tenants.push_back(tenant);
        }
        lanes.push_back(endpoint);
    }

    /// The next lane's turn.
    pub(crate) fn pop(&mut self) -> Option<EndpointKey> {
        let tenant = self.tenants.pop_front()?;
        let lanes = self.lanes.get_mut(&tenant)?;
        let endpoint = lanes.pop_front();
        if lanes.is_empty() {
            self.lanes.remove(&tenant);
        } else {
            self.tenants.push_back(tenant);
        }
        endpoint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_take_turns_whatever_the_number_of_their_endpoints() {
        let mut ring = Ring::default();
        for endpoint in 0..3 {
            ring.push(TenantKey(1), EndpointKey(endpoint));
        }
        ring.push(TenantKey(2), EndpointKey(10));
        let order: Vec<_> = std::iter::from_fn(|| ring.pop()).map(|endpoint| endpoint.0).collect();
        assert_eq!(order, [0, 10, 1, 2]);
        assert_eq!(ring.pop(), None);
    }
}
