//! What the simulation knows: what was asked for and answered, what was committed, what receivers got.
//!
//! Time in here is `op`, a count of everything that was ever noted: it tells before from after where clocks cannot.

use std::collections::{BTreeMap, BTreeSet};

use postrider_engine::Accepted;
use postrider_model::endpoint::EndpointConfig;
use postrider_model::id::Ordinal;
use postrider_model::time::Millis;

use crate::check::commit::Digest;
use crate::trace::Trace;

/// The number that every posted event carries in its data.
pub(crate) type Number = u64;

/// See the module.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) op: u64,
    pub(crate) life: u32,
    pub(crate) trace: Trace,
    pub(crate) events: BTreeMap<Number, Event>,
    pub(crate) posts: Vec<Post>,
    pub(crate) numbers: BTreeMap<Ordinal, Number>,
    /// Those whose append is on disk.
    pub(crate) appended: BTreeSet<Number>,
    pub(crate) endpoints: BTreeMap<i64, EndpointSeen>,
    pub(crate) requests: Vec<Request>,
    pub(crate) deliveries: BTreeMap<(Number, i64), DeliverySeen>,
    /// When the clock jumped (true milliseconds) and by how much.
    pub(crate) jumps: Vec<(i64, i64)>,
    /// The first invariant that did not hold.
    pub(crate) violation: Option<String>,
    pub(crate) answered: u64,
    pub(crate) injected: u64,
    /// Commits of which nobody knows whether they are on disk, until the next start tells.
    pub(crate) uncertain: Vec<Digest>,
    /// Events of appends that failed: none may ever be stored.
    pub(crate) unwritten: BTreeSet<Ordinal>,
}

/// A posted event.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) tenant: usize,
    pub(crate) kind: String,
    pub(crate) key: Option<String>,
    pub(crate) deliver_at: Option<Millis>,
    /// When that was to be, in true milliseconds, as the clock was then.
    pub(crate) deliver_at_ms: Option<i64>,
    pub(crate) issued: u64,
    pub(crate) answered: Option<u64>,
    pub(crate) fate: Fate,
    /// A test send to this endpoint.
    pub(crate) test: Option<i64>,
}

/// What became of posting it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// No answer, or one that leaves it open.
    Unknown,
    /// The answer said that nothing was stored.
    Refused,
    Accepted(Accepted),
}

/// One request of a product: its events, all or none.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) numbers: Vec<Number>,
    pub(crate) idempotent: bool,
}

/// An endpoint through all its changes.
#[derive(Debug)]
pub(crate) struct EndpointSeen {
    pub(crate) tenant: usize,
    pub(crate) versions: Vec<Version>,
    /// Somebody is changing it.
    pub(crate) busy: bool,
    /// The receiver's credit (see `check::rate`).
    pub(crate) bucket: Option<crate::check::rate::Bucket>,
}

/// One state of an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) started: u64,
    /// From then on it held; the end of the life where no answer came.
    pub(crate) answered: Option<u64>,
    /// Whether it ever held is not known.
    pub(crate) uncertain: bool,
    pub(crate) alive: bool,
    pub(crate) enabled: bool,
    pub(crate) config: EndpointConfig,
}

/// A request as its receiver saw it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) endpoint: i64,
    pub(crate) life: u32,
    pub(crate) begun: u64,
    pub(crate) test: bool,
    pub(crate) end: Option<RequestEnd>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestEnd {
    pub(crate) wall: Millis,
    pub(crate) true_ms: i64,
    pub(crate) success: bool,
    pub(crate) retry_after_ms: Option<i64>,
}

/// A delivery as the committed settles and its receiver tell it.
#[derive(Debug, Default)]
pub(crate) struct DeliverySeen {
    /// Its requests.
    pub(crate) requests: Vec<usize>,
    /// Settled as delivered, and not reopened since.
    pub(crate) delivered: bool,
    /// Committed: not to be sent before.
    pub(crate) due: Option<Millis>,
    /// Nor before this true time in milliseconds, by the timetable.
    pub(crate) due_ms: Option<i64>,
    /// A settle or a reopening was committed since the last request began.
    pub(crate) settled: bool,
    /// It was reopened at some time.
    pub(crate) reopened: bool,
    /// Somebody asked for its end.
    pub(crate) cancelled: bool,
}

impl Ledger {
    pub(crate) fn new(print: bool) -> Self {
        Self {
            op: 0,
            life: 0,
            trace: Trace::new(print),
            events: BTreeMap::new(),
            posts: Vec::new(),
            numbers: BTreeMap::new(),
            appended: BTreeSet::new(),
            endpoints: BTreeMap::new(),
            requests: Vec::new(),
            deliveries: BTreeMap::new(),
            jumps: Vec::new(),
            violation: None,
            answered: 0,
            injected: 0,
            uncertain: Vec::new(),
            unwritten: BTreeSet::new(),
        }
    }

    /// The next instant.
    pub(crate) fn tick(&mut self) -> u64 {
        self.op += 1;
        self.op
    }

    /// Notes that an invariant does not hold.
    pub(crate) fn violate(&mut self, invariant: &str, detail: impl std::fmt::Display) {
        if self.violation.is_none() {
            self.violation = Some(format!("{invariant}: {detail}"));
        }
    }

    /// How far the clock jumped forward in all between two true times, with a margin: for what happens in the same
    /// instant, and for the second in which the engine learns of it. A jump back makes nothing earlier.
    pub(crate) fn forward_ms(&self, from_ms: i64, to_ms: i64) -> i64 {
        let near = |at: &i64| (from_ms - 1_100..=to_ms + 20).contains(at);
        self.jumps.iter().filter(|(at, by)| near(at) && *by > 0).map(|(_, by)| by).sum()
    }

    /// After a crash: changes without an answer may have happened, and no request is on its way any more.
    pub(crate) fn crashed(&mut self) {
        let now = self.tick();
        for endpoint in self.endpoints.values_mut() {
            endpoint.busy = false;
            for version in endpoint.versions.iter_mut().filter(|version| version.answered.is_none()) {
                version.answered = Some(now);
                version.uncertain = true;
            }
        }
    }
}

impl EndpointSeen {
    /// The states that may have held at some time between two instants.
    pub(crate) fn possible(&self, from: u64, to: u64) -> impl Iterator<Item = &Version> {
        self.versions.iter().filter(move |version| {
            let replaced = |other: &&Version| {
                !other.uncertain
                    && version.answered.is_some_and(|answered| other.started > answered)
                    && other.answered.is_some_and(|answered| answered < from)
            };
            version.started <= to && !self.versions.iter().any(|other| replaced(&other))
        })
    }

    /// The state that holds now, as far as that is certain.
    pub(crate) fn last(&self) -> Option<&Version> {
        self.versions.last()
    }
}
