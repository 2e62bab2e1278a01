//! Events, each with the set of its deliveries.

use postrider_model::endpoint::Ordering;
use postrider_model::id::EndpointKey;
use postrider_store::MatchSet;
use postrider_store::transfer::{Cursor, Page, Row, Table, Value};
use rusqlite::Connection;

use super::fanout;
use super::page::{Filling, number, value};
use crate::fault::{Fault, Res};

/// The next events.
pub(super) fn export(conn: &Connection, after: Option<&Cursor>) -> Res<Page> {
    let mut events = conn.prepare_cached(
        "SELECT id, world, tenant, kind, timestamp, deliver_at, deliveries, retention_days, flags, NULL,
                ordering_key, attributes, changes, data
         FROM event WHERE id > ?1 ORDER BY id",
    )?;
    let mut rows = events.query([number(after, 0)])?;
    let columns = Table::Event.columns();
    let (endpoints, mut page) = (Table::Event.column("endpoints").unwrap_or_default(), Filling::default());
    while let Some(found) = rows.next()? {
        let id: i64 = found.get(0)?;
        let values = columns.iter().enumerate();
        let row = values.map(|(at, column)| value("event", column, || id.to_string(), found.get_ref(at)?));
        let mut row = row.collect::<Res<Row>>()?;
        row[endpoints] = Value::Bytes(deliveries(conn, id)?.encode());
        if page.push(row, |row| vec![row[0].clone()]) {
            break;
        }
    }
    Ok(page.done())
}

/// The endpoints that an event has deliveries for, then those that it is still to have.
fn deliveries(conn: &Connection, event: i64) -> Res<MatchSet> {
    let mut written =
        conn.prepare_cached("SELECT endpoint FROM delivery WHERE event = ?1 ORDER BY endpoint")?;
    let written = written.query_map([event], |row| Ok((EndpointKey(row.get(0)?), Ordering::None)))?;
    let mut set: MatchSet = written.collect::<rusqlite::Result<_>>()?;
    if let Some(waiting) = fanout::of_event(conn, event)? {
        let rest = MatchSet::decode(&waiting.endpoints, waiting.done, usize::MAX)
            .ok_or_else(|| Fault::corrupt("fanout", "endpoints", event, "it is no match set"))?;
        for (endpoint, ordering) in rest {
            set.push(endpoint, ordering);
        }
    }
    Ok(set)
}
