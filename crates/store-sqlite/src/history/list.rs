//! Pages of events and deliveries.

use postrider_model::delivery::DeliveryState;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_store::{DeliveryQuery, DeliverySummary, EventQuery, EventSummary, Page};
use rusqlite::Connection;

use super::walk::{self, Step, Visitor};
use super::wanted::Wanted;
use super::{EXAMINED, detail, summary};
use crate::fault::Res;
use postrider_store::paging::{Place, Range};

/// Rows found so far, and where the walk is.
struct Collector<T> {
    rows: Vec<(Place, T)>,
    limit: usize,
    examined: usize,
    /// Set where the walk stopped before its end.
    next: Option<Place>,
    last: Option<Place>,
}

impl<T> Collector<T> {
    fn new(limit: usize) -> Self {
        Self { rows: Vec::new(), limit: limit.max(1), examined: 0, next: None, last: None }
    }

    /// Counts a row as examined; breaks where that was one too many.
    fn examine(&mut self, place: Place) -> Step {
        if self.examined >= EXAMINED {
            self.next = self.last;
            return Step::Break(());
        }
        self.examined += 1;
        self.last = Some(place);
        Step::Continue(())
    }

    /// Takes a row; breaks where the page was full before it.
    fn take(&mut self, place: Place, row: T) -> Step {
        if self.rows.len() == self.limit {
            self.next = self.rows.last().map(|(place, _)| *place);
            return Step::Break(());
        }
        self.rows.push((place, row));
        Step::Continue(())
    }

    fn page(self) -> Page<T> {
        Page { rows: self.rows.into_iter().map(|(_, row)| row).collect(), next: self.next.map(Place::show) }
    }
}

/// A page of events.
pub(super) fn events(conn: &Connection, query: &EventQuery) -> Res<Page<EventSummary>> {
    let range = Range::new(query.since, query.until, query.cursor.as_deref())?;
    let wanted = Wanted::read(conn, query.scope, &query.types, &[])?;
    let mut visitor = Events { query, wanted, collector: Collector::new(query.limit) };
    if visitor.wanted.nothing() {
        return Ok(visitor.collector.page());
    }
    // Events have no endpoint: the cursor's event itself is not shown again.
    let below = Place { endpoint: EndpointKey(i64::MIN), ..range.below };
    let _ = walk::events(conn, query.scope, Range { below, ..range }, &mut visitor)?;
    Ok(visitor.collector.page())
}

struct Events<'q> {
    query: &'q EventQuery,
    wanted: Wanted,
    collector: Collector<EventSummary>,
}

impl Visitor for Events<'_> {
    fn visit(&mut self, conn: &Connection, place: Place, ours: bool) -> Res<Step> {
        if self.collector.examine(place).is_break() {
            return Ok(Step::Break(()));
        }
        if !ours || !self.wanted.event(conn, place.event)? {
            return Ok(Step::Continue(()));
        }
        // A run may name events that retention has ended since.
        let event = detail::summary(conn, self.query.scope, place.event)?;
        Ok(event.map_or(Step::Continue(()), |event| self.collector.take(place, event)))
    }
}

/// A page of deliveries.
pub(super) fn deliveries(conn: &Connection, query: &DeliveryQuery) -> Res<Page<DeliverySummary>> {
    let range = Range::new(query.since, query.until, query.cursor.as_deref())?;
    let wanted = Wanted::read(conn, query.scope, &query.types, &query.states)?;
    let mut visitor = Deliveries { query, wanted, range, collector: Collector::new(query.limit) };
    if visitor.wanted.nothing() {
        return Ok(visitor.collector.page());
    }
    let problems = |state: &DeliveryState| matches!(state, DeliveryState::Failed | DeliveryState::Held);
    let _ = if !query.states.is_empty() && query.states.iter().all(problems) {
        walk::problems(conn, query.endpoint, range, &mut visitor)?
    } else if let Some(endpoint) = query.endpoint {
        walk::deliveries(conn, endpoint, range, &mut visitor)?
    } else if query.scope.tenant.is_none() && !query.states.is_empty() {
        visitor.scan(conn)?
    } else {
        walk::events(conn, query.scope, range, &mut visitor)?
    };
    Ok(visitor.collector.page())
}

struct Deliveries<'q> {
    query: &'q DeliveryQuery,
    wanted: Wanted,
    range: Range,
    collector: Collector<DeliverySummary>,
}

impl Deliveries<'_> {
    fn one(&mut self, conn: &Connection, place: Place) -> Res<Step> {
        let found = summary::read(conn, self.query.scope, place.event, place.endpoint)?;
        let Some(summary) = found.map(|found| found.summary) else { return Ok(Step::Continue(())) };
        if self.query.states.is_empty() || self.query.states.contains(&summary.state) {
            return Ok(self.collector.take(place, summary));
        }
        Ok(Step::Continue(()))
    }

    /// The deliveries of one event, from the greatest endpoint down.
    fn all_of(&mut self, conn: &Connection, event: Place) -> Res<Step> {
        if !self.wanted.event(conn, event.event)? {
            return Ok(self.passed(event));
        }
        let mut statement = conn
            .prepare_cached("SELECT endpoint, state FROM delivery WHERE event = ?1 ORDER BY endpoint DESC")?;
        let mut rows = statement.query([event.event.0])?;
        while let Some(row) = rows.next()? {
            let place = Place { endpoint: EndpointKey(row.get(0)?), ..event };
            if place >= self.range.below {
                continue;
            }
            if self.collector.examine(place).is_break() {
                return Ok(Step::Break(()));
            }
            if self.wanted.state(row.get(1)?) && self.one(conn, place)?.is_break() {
                return Ok(Step::Break(()));
            }
        }
        Ok(Step::Continue(()))
    }

    /// All deliveries there are, newest first: where few are wanted, reading them in their order costs less than looking
    /// for those of each event.
    fn scan(&mut self, conn: &Connection) -> Res<Step> {
        let Range { below, first } = self.range;
        let mut statement = conn.prepare_cached(
            "SELECT event, endpoint, state FROM delivery WHERE (event, endpoint) < (?1, ?2) AND event >= ?3
             ORDER BY event DESC, endpoint DESC",
        )?;
        let mut rows = statement.query([below.event.0, below.endpoint.0, first.0])?;
        while let Some(row) = rows.next()? {
            let place = Place { event: Ordinal(row.get(0)?), endpoint: EndpointKey(row.get(1)?) };
            if self.collector.examine(place).is_break() {
                return Ok(Step::Break(()));
            }
            let wanted = self.wanted.state(row.get(2)?) && self.wanted.event(conn, place.event)?;
            if wanted && self.one(conn, place)?.is_break() {
                return Ok(Step::Break(()));
            }
        }
        Ok(Step::Continue(()))
    }

    /// Everything of this event is behind the walk.
    fn passed(&mut self, event: Place) -> Step {
        self.collector.examine(Place { endpoint: EndpointKey(i64::MIN), ..event })
    }
}

impl Visitor for Deliveries<'_> {
    fn visit(&mut self, conn: &Connection, place: Place, ours: bool) -> Res<Step> {
        if place.endpoint != EndpointKey(i64::MAX) {
            if self.collector.examine(place).is_break() {
                return Ok(Step::Break(()));
            }
            return match ours && self.wanted.delivery(conn, place.event, place.endpoint)? {
                true => self.one(conn, place),
                false => Ok(Step::Continue(())),
            };
        }
        if ours {
            return self.all_of(conn, place);
        }
        Ok(self.passed(place))
    }
}
