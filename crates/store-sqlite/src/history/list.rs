//! Pages of events and deliveries.

use postrider_model::delivery::DeliveryState;
use postrider_model::id::EndpointKey;
use postrider_store::{DeliveryQuery, DeliverySummary, EventQuery, EventSummary, Page};
use rusqlite::Connection;

use super::walk::{self, Step, Visitor};
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
    let mut visitor = Events { query, collector: Collector::new(query.limit) };
    // Events have no endpoint: the cursor's event itself is not shown again.
    let below = Place { endpoint: EndpointKey(i64::MIN), ..range.below };
    let _ = walk::events(conn, query.scope, Range { below, ..range }, &mut visitor)?;
    Ok(visitor.collector.page())
}

struct Events<'q> {
    query: &'q EventQuery,
    collector: Collector<EventSummary>,
}

impl Visitor for Events<'_> {
    fn visit(&mut self, conn: &Connection, place: Place, ours: bool) -> Res<Step> {
        if self.collector.examine(place).is_break() {
            return Ok(Step::Break(()));
        }
        // A run may name events that retention has ended since.
        let event = if ours { detail::summary(conn, self.query.scope, place.event)? } else { None };
        Ok(match event {
            Some(event) if wanted(&self.query.types, &event.kind) => self.collector.take(place, event),
            _ => Step::Continue(()),
        })
    }
}

/// A page of deliveries.
pub(super) fn deliveries(conn: &Connection, query: &DeliveryQuery) -> Res<Page<DeliverySummary>> {
    let range = Range::new(query.since, query.until, query.cursor.as_deref())?;
    let mut visitor = Deliveries { query, range, collector: Collector::new(query.limit) };
    let problems = |state: &DeliveryState| matches!(state, DeliveryState::Failed | DeliveryState::Held);
    let _ = if !query.states.is_empty() && query.states.iter().all(problems) {
        walk::problems(conn, query.endpoint, range, &mut visitor)?
    } else if let Some(endpoint) = query.endpoint {
        walk::deliveries(conn, endpoint, range, &mut visitor)?
    } else {
        walk::events(conn, query.scope, range, &mut visitor)?
    };
    Ok(visitor.collector.page())
}

struct Deliveries<'q> {
    query: &'q DeliveryQuery,
    range: Range,
    collector: Collector<DeliverySummary>,
}

impl Deliveries<'_> {
    fn one(&mut self, conn: &Connection, place: Place) -> Res<Step> {
        let found = summary::read(conn, self.query.scope, place.event, place.endpoint)?;
        let Some(summary) = found.map(|found| found.summary) else { return Ok(Step::Continue(())) };
        let state = self.query.states.is_empty() || self.query.states.contains(&summary.state);
        if state && wanted(&self.query.types, &summary.kind) {
            return Ok(self.collector.take(place, summary));
        }
        Ok(Step::Continue(()))
    }

    /// The deliveries of one event, from the greatest endpoint down.
    fn all_of(&mut self, conn: &Connection, event: Place) -> Res<Step> {
        let mut statement =
            conn.prepare_cached("SELECT endpoint FROM delivery WHERE event = ?1 ORDER BY endpoint DESC")?;
        let mut rows = statement.query([event.event.0])?;
        while let Some(row) = rows.next()? {
            let place = Place { endpoint: EndpointKey(row.get(0)?), ..event };
            if place >= self.range.below {
                continue;
            }
            if self.collector.examine(place).is_break() || self.one(conn, place)?.is_break() {
                return Ok(Step::Break(()));
            }
        }
        Ok(Step::Continue(()))
    }
}

impl Visitor for Deliveries<'_> {
    fn visit(&mut self, conn: &Connection, place: Place, ours: bool) -> Res<Step> {
        if place.endpoint != EndpointKey(i64::MAX) {
            if self.collector.examine(place).is_break() {
                return Ok(Step::Break(()));
            }
            return if ours { self.one(conn, place) } else { Ok(Step::Continue(())) };
        }
        if ours {
            return self.all_of(conn, place);
        }
        // Everything of this event is behind the walk.
        Ok(self.collector.examine(Place { endpoint: EndpointKey(i64::MIN), ..place }))
    }
}

fn wanted(types: &[String], kind: &str) -> bool {
    types.is_empty() || types.iter().any(|wanted| wanted == kind)
}
