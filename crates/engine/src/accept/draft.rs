//! An event on its way to the committer: validated and matched, still without its place.

use std::sync::Arc;

use bytes::Bytes;
use postrider_model::endpoint::Ordering;
use postrider_model::id::{Mode, ProjectKey, TypeKey};
use postrider_model::time::Millis;
use postrider_store::{EventFlags, Fanout, IdempotencyMark, MatchSet};
use smallvec::SmallVec;

use crate::plan::EndpointPlan;
use crate::project::ProjectContext;
use crate::routes::TenantRoutes;

/// An event that only lacks its ordinal.
#[derive(Debug)]
pub(crate) struct Draft {
    pub project: Arc<ProjectContext>,
    pub routes: Arc<TenantRoutes>,
    pub mode: Mode,
    pub kind_key: TypeKey,
    pub kind: Arc<str>,
    /// As the product gave it; the time of acceptance if it did not.
    pub timestamp: Option<Millis>,
    pub data: Bytes,
    pub changes: Option<Bytes>,
    pub attributes: Option<Bytes>,
    pub ordering_key: Option<String>,
    pub deliver_at: Option<Millis>,
    pub idempotency: Option<IdempotencyMark>,
    pub flags: EventFlags,
    /// Only these endpoints, by their keys (test sends and notices), whatever their types and filters.
    pub only: Option<Vec<Arc<EndpointPlan>>>,
    /// Endpoints whose deliveries are written with the event.
    pub matches: Matches,
    /// Those whose deliveries follow it.
    pub after: Fanout,
}

/// Endpoints whose deliveries are written with their event.
pub(crate) type Matches = SmallVec<[Match; 2]>;

/// With more matches than this the deliveries of an event are written after the answer, but for as many at most that
/// have a place in an order: nothing accepted later need wait for these (DESIGN 2.1, 4.4 "Order").
const FANOUT_ABOVE: usize = 64;

/// An endpoint that wants the event.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    pub plan: Arc<EndpointPlan>,
    /// Hash of the key in whose order it stands there, if any.
    pub order: Option<u64>,
}

impl Match {
    /// What its endpoint keeps in order of which this event is a part. Stored as it is now: what the endpoint is told to
    /// keep in order from now on holds for later events.
    pub(crate) fn ordering(&self) -> Ordering {
        if self.order.is_some() { self.plan.ordering } else { Ordering::None }
    }
}

impl Draft {
    /// Its project's mode.
    pub(crate) fn world(&self) -> (ProjectKey, Mode) {
        (self.project.project.key, self.mode)
    }

    /// Bytes it adds to the commit queue.
    pub(crate) fn weight(&self) -> usize {
        self.data.len()
            + self.changes.as_ref().map_or(0, Bytes::len)
            + self.attributes.as_ref().map_or(0, Bytes::len)
            + 256
            + self.matches.len() * 64
            + self.after.endpoints.bytes()
    }
}

/// The endpoints that want an event, while they are found: never more than a few kilobytes.
#[derive(Debug, Default)]
pub(crate) struct Finding {
    few: Matches,
    many: Option<Box<Many>>,
}

#[derive(Debug, Default)]
struct Many {
    all: MatchSet,
    unordered: MatchSet,
    ordered: Matches,
    /// More are ordered than are written with the event.
    crowded: bool,
}

impl Finding {
    pub(crate) fn add(&mut self, one: Match) {
        match &mut self.many {
            None if self.few.len() < FANOUT_ABOVE => self.few.push(one),
            None => {
                let mut many = Many::default();
                self.few.drain(..).for_each(|one| many.add(one));
                many.add(one);
                self.many = Some(Box::new(many));
            }
            Some(many) => many.add(one),
        }
    }

    /// What is written with the event, and what after it.
    pub(crate) fn split(self) -> (Matches, Fanout) {
        match self.many {
            None => (self.few, Fanout::default()),
            Some(many) if many.crowded => (Matches::new(), Fanout { endpoints: many.all, ordered: true }),
            Some(many) => (many.ordered, Fanout { endpoints: many.unordered, ordered: false }),
        }
    }
}

impl Many {
    fn add(&mut self, one: Match) {
        self.all.push(one.plan.key, one.ordering());
        if one.order.is_none() {
            self.unordered.push(one.plan.key, one.ordering());
        } else if self.ordered.len() < FANOUT_ABOVE {
            self.ordered.push(one);
        } else {
            self.crowded = true;
        }
    }
}
