//! Walking down the ids of one owner: the newest tail by id, then the sorted runs, newest first.

use std::ops::ControlFlow;

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_store::Scope;
use rusqlite::{Connection, params};

use super::EXAMINED;
use crate::fault::Res;
use crate::writer::mark;
use postrider_store::paging::{Place, Range};

/// What a visitor says: go on, or the page is full.
pub(super) type Step = ControlFlow<()>;

/// Takes the walk's steps: every row that is examined, and whether it belongs to the owner.
pub(super) trait Visitor {
    /// A row at `place`, strictly below all before it. `ours`: it belongs to what is walked.
    fn visit(&mut self, conn: &Connection, place: Place, ours: bool) -> Res<Step>;
}

/// The events of a scope. Places have the greatest endpoint below the range's, see [`Place`].
pub(super) fn events(conn: &Connection, scope: Scope, range: Range, visitor: &mut dyn Visitor) -> Res<Step> {
    let world = scope.project.0 * 2 + scope.mode.bit();
    // The event of the cursor itself may have deliveries below it.
    let below = range.below.event.0.saturating_add(i64::from(range.below.endpoint.0 > i64::MIN));
    let listed = if scope.tenant.is_some() { mark::get(conn, mark::LISTED)? } else { i64::MIN };
    let mut tail = conn.prepare_cached(
        "SELECT id, world, tenant FROM event WHERE id < ?1 AND id >= ?2 AND id > ?3 ORDER BY id DESC",
    )?;
    let mut rows = tail.query(params![below, range.first.0, listed])?;
    while let Some(row) = rows.next()? {
        let ours = row.get::<_, i64>(1)? == world
            && scope.tenant.is_none_or(|tenant| row.get::<_, i64>(2).is_ok_and(|row| row == tenant.0));
        if visitor.visit(conn, event_place(row.get(0)?), ours)?.is_break() {
            return Ok(Step::Break(()));
        }
    }
    match scope.tenant {
        Some(tenant) => {
            let owner = tenant.0 * 2 + scope.mode.bit();
            runs(conn, Kind::Event, owner, below, range.first, visitor, event_place)
        }
        None => Ok(Step::Continue(())),
    }
}

fn event_place(event: i64) -> Place {
    Place { event: Ordinal(event), endpoint: EndpointKey(i64::MAX) }
}

/// The deliveries of an endpoint.
pub(super) fn deliveries(
    conn: &Connection,
    endpoint: EndpointKey,
    range: Range,
    visitor: &mut dyn Visitor,
) -> Res<Step> {
    let listed = mark::get(conn, mark::LISTED)?;
    let mut tail = conn.prepare_cached(
        "SELECT event, endpoint FROM delivery WHERE (event, endpoint) < (?1, ?2) AND event >= ?3 AND event > ?4
         ORDER BY event DESC, endpoint DESC",
    )?;
    let mut rows = tail.query(params![range.below.event.0, range.below.endpoint.0, range.first.0, listed])?;
    while let Some(row) = rows.next()? {
        let place = Place { event: Ordinal(row.get(0)?), endpoint: EndpointKey(row.get(1)?) };
        if visitor.visit(conn, place, place.endpoint == endpoint)?.is_break() {
            return Ok(Step::Break(()));
        }
    }
    let below = range.below.event.0.saturating_add(i64::from(range.below.endpoint > endpoint));
    runs(conn, Kind::Delivery, endpoint.0, below, range.first, visitor, |event| Place {
        event: Ordinal(event),
        endpoint,
    })
}

/// Which of the two sorted lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Event,
    Delivery,
}

fn runs(
    conn: &Connection,
    kind: Kind,
    owner: i64,
    below: i64,
    first: Ordinal,
    visitor: &mut dyn Visitor,
    place_of: impl Fn(i64) -> Place,
) -> Res<Step> {
    let mut runs = conn.prepare_cached(
        "SELECT run, last FROM list_run WHERE first < ?1 AND last >= ?2 ORDER BY last DESC LIMIT ?3",
    )?;
    // One more than may be examined, so that the walk breaks and does not end.
    let limit = EXAMINED as i64 + 1;
    let runs: Vec<(i64, i64)> = runs
        .query_map(params![below, first.0, limit], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut entries = conn.prepare_cached(match kind {
        Kind::Event => {
            "SELECT event FROM run_event WHERE run = ?1 AND owner = ?2 AND event < ?3 AND event >= ?4
             ORDER BY event DESC"
        }
        Kind::Delivery => {
            "SELECT event FROM run_delivery WHERE run = ?1 AND endpoint = ?2 AND event < ?3 AND event >= ?4
             ORDER BY event DESC"
        }
    })?;
    for (run, last) in runs {
        // Each run costs a seek, whether it holds anything of the owner or not. What lies below this place is yet to
        // come.
        let place =
            Place { event: Ordinal(below.min(last.saturating_add(1))), endpoint: EndpointKey(i64::MIN) };
        if visitor.visit(conn, place, false)?.is_break() {
            return Ok(Step::Break(()));
        }
        let mut rows = entries.query(params![run, owner, below, first.0])?;
        while let Some(row) = rows.next()? {
            if visitor.visit(conn, place_of(row.get(0)?), true)?.is_break() {
                return Ok(Step::Break(()));
            }
        }
    }
    Ok(Step::Continue(()))
}

/// Failed and held deliveries, of one endpoint or of all.
pub(super) fn problems(
    conn: &Connection,
    endpoint: Option<EndpointKey>,
    range: Range,
    visitor: &mut dyn Visitor,
) -> Res<Step> {
    let Place { event, endpoint: below_endpoint } = range.below;
    let mut rows_of_all;
    let mut rows_of_one;
    let mut rows = match endpoint {
        None => {
            rows_of_all = conn.prepare_cached(
                "SELECT event, endpoint FROM problem WHERE (event, endpoint) < (?1, ?2) AND event >= ?3
                 ORDER BY event DESC, endpoint DESC",
            )?;
            rows_of_all.query(params![event.0, below_endpoint.0, range.first.0])?
        }
        Some(one) => {
            let below = event.0.saturating_add(i64::from(below_endpoint > one));
            // Both states come out in the order of their events; SQLite merges them.
            rows_of_one = conn.prepare_cached(
                "SELECT event, endpoint FROM problem WHERE endpoint = ?1 AND state = 2 AND event < ?2 AND event >= ?3
                 UNION ALL
                 SELECT event, endpoint FROM problem WHERE endpoint = ?1 AND state = 3 AND event < ?2 AND event >= ?3
                 ORDER BY event DESC",
            )?;
            rows_of_one.query(params![one.0, below, range.first.0])?
        }
    };
    while let Some(row) = rows.next()? {
        let place = Place { event: Ordinal(row.get(0)?), endpoint: EndpointKey(row.get(1)?) };
        if visitor.visit(conn, place, true)?.is_break() {
            return Ok(Step::Break(()));
        }
    }
    Ok(Step::Continue(()))
}
