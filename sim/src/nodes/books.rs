//! What clients were answered and receivers got, and what must hold of it whatever befalls the nodes.

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::Trace;

/// An event: the n-th of its tenant and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) tenant: u64,
    pub(super) key: u64,
    pub(super) n: u64,
}

/// An endpoint as the books know it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) tenant: u64,
    pub(super) ordered: bool,
    pub(super) max_in_flight: usize,
    /// It is switched off now and then: what it misses is held.
    pub(super) fickle: bool,
}

/// An attempt under way.
#[derive(Debug, Clone, Copy)]
struct Open {
    node: usize,
    endpoint: i64,
    name: Name,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) trace: Trace,
    pub(super) endpoints: BTreeMap<i64, Known>,
    pub(super) answered: BTreeSet<Name>,
    delivered: BTreeMap<(Name, i64), u32>,
    /// The latest event of a key that was sent to an endpoint.
    latest: BTreeMap<(i64, u64), u64>,
    open: BTreeMap<u64, Open>,
    attempts: u64,
    pub(super) violation: Option<String>,
}

impl Books {
    pub(super) fn new(print: bool) -> Self {
        Self {
            trace: Trace::new(print),
            endpoints: BTreeMap::new(),
            answered: BTreeSet::new(),
            delivered: BTreeMap::new(),
            latest: BTreeMap::new(),
            open: BTreeMap::new(),
            attempts: 0,
            violation: None,
        }
    }

    pub(super) fn violate(&mut self, rule: &str, detail: impl std::fmt::Display) {
        self.violation.get_or_insert_with(|| format!("{rule}: {detail}"));
    }

    /// An attempt begins; its number.
    pub(super) fn begin(&mut self, at_ms: i64, node: usize, endpoint: i64, name: Name) -> u64 {
        self.attempts += 1;
        let number = self.attempts;
        self.trace.line(at_ms, format_args!("node {node} sends {name:?} to {endpoint} ({number})"));
        let here: Vec<Open> = self.open.values().filter(|open| open.endpoint == endpoint).copied().collect();
        if let Some(other) = here.iter().find(|open| open.node != node) {
            self.violate(
                "only one node has attempts at an endpoint open",
                format!("endpoint {endpoint}, nodes {} and {node}", other.node),
            );
        }
        if here.iter().any(|open| open.name == name) {
            self.violate("a delivery is not sent twice at once", format!("{name:?} to {endpoint}"));
        }
        if let Some(known) = self.endpoints.get(&endpoint).copied() {
            if here.len() >= known.max_in_flight {
                self.violate(
                    "the in-flight limit holds across nodes",
                    format!("endpoint {endpoint}: {} of {}", here.len() + 1, known.max_in_flight),
                );
            }
            self.check_order(endpoint, known, name, &here);
        }
        self.open.insert(number, Open { node, endpoint, name });
        number
    }

    fn check_order(&mut self, endpoint: i64, known: Known, name: Name, here: &[Open]) {
        if !known.ordered || known.fickle {
            return;
        }
        let latest = self.latest.entry((endpoint, name.key)).or_insert(name.n);
        let overtaken = *latest > name.n;
        *latest = name.n.max(*latest);
        if overtaken {
            self.violate("no event overtakes another one of its key", format!("{name:?} at {endpoint}"));
        }
        if here.iter().any(|open| open.name.key == name.key) {
            self.violate("one delivery of a key at a time", format!("{name:?} at {endpoint}"));
        }
    }

    /// An attempt ended; it counts as received unless it was cut off or failed.
    pub(super) fn end(&mut self, at_ms: i64, number: u64, success: bool) {
        let Some(open) = self.open.remove(&number) else { return };
        self.trace.line(at_ms, format_args!("attempt {number} ends, success {success}"));
        if success {
            *self.delivered.entry((open.name, open.endpoint)).or_default() += 1;
        }
    }

    /// A node is gone with everything it had under way.
    pub(super) fn died(&mut self, at_ms: i64, node: usize) {
        self.trace.line(at_ms, format_args!("node {node} is killed"));
        self.open.retain(|_, open| open.node != node);
    }

    /// How many deliveries were received more than once.
    pub(super) fn duplicates(&self) -> u64 {
        self.delivered.values().map(|count| u64::from(count - 1)).sum()
    }

    /// How many deliveries were received.
    pub(super) fn deliveries(&self) -> u64 {
        self.delivered.len() as u64
    }

    /// At the end, in good weather: everything answered was received by every endpoint that was never off.
    pub(super) fn check_end(&mut self) {
        let missing = self.answered.iter().find_map(|name| {
            let mut wants =
                self.endpoints.iter().filter(|(_, known)| known.tenant == name.tenant && !known.fickle);
            let missing = wants.find(|(endpoint, _)| !self.delivered.contains_key(&(*name, **endpoint)))?;
            Some((*name, *missing.0))
        });
        if let Some((name, endpoint)) = missing {
            self.violate("nothing answered is lost", format!("{name:?} never came to {endpoint}"));
        }
    }
}
