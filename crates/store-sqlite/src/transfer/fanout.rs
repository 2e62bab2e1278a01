//! Match sets that are not written out.

use postrider_model::endpoint::Ordering;
use postrider_store::MatchSet;
use postrider_store::transfer::{Cursor, Page, Value};
use rusqlite::{Connection, OptionalExtension};

use super::page::{Filling, number};
use crate::fault::{Fault, Res};
use crate::pack;

/// A match set in the form of today.
pub(super) struct Waiting {
    total: u32,
    pub(super) done: u32,
    ordered: bool,
    pub(super) endpoints: Vec<u8>,
}

/// The next match sets.
pub(super) fn export(conn: &Connection, after: Option<&Cursor>) -> Res<Page> {
    let mut sets = conn.prepare_cached(
        "SELECT f.event, e.retention_days, e.tenant FROM fanout f JOIN event e ON e.id = f.event
         WHERE f.event > ?1 ORDER BY f.event",
    )?;
    let mut rows = sets.query([number(after, 0)])?;
    let mut page = Filling::default();
    while let Some(found) = rows.next()? {
        let (event, class, tenant): (i64, i64, i64) = (found.get(0)?, found.get(1)?, found.get(2)?);
        let Some(set) = of_event(conn, event)? else { continue };
        let row = vec![
            Value::Int(event),
            Value::Int(class),
            Value::Int(tenant),
            Value::Int(i64::from(set.total)),
            Value::Int(i64::from(set.done)),
            set.ordered.into(),
            set.endpoints.into(),
        ];
        if page.push(row, |row| vec![row[0].clone()]) {
            break;
        }
    }
    Ok(page.done())
}

/// The match set of an event, if it has one.
pub(super) fn of_event(conn: &Connection, event: i64) -> Res<Option<Waiting>> {
    let mut found =
        conn.prepare_cached("SELECT total, done, ordered, endpoints FROM fanout WHERE event = ?1")?;
    let found: Option<(Option<u32>, u32, bool, Vec<u8>)> = found
        .query_row([event], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((total, done, ordered, endpoints)) = found else { return Ok(None) };
    let waiting = match total {
        Some(total) => Waiting { total, done, ordered, endpoints },
        None => {
            let set = packed(conn, event, &endpoints)?;
            Waiting { total: set.len(), done, ordered, endpoints: set.encode() }
        }
    };
    Ok(Some(waiting))
}

/// A set that an older version kept, which does not say what each endpoint kept in order then: what it keeps now holds,
/// as it would here.
fn packed(conn: &Connection, event: i64, bytes: &[u8]) -> Res<MatchSet> {
    let endpoints = pack::read_endpoints(bytes, 0, usize::MAX)
        .ok_or_else(|| Fault::corrupt("fanout", "endpoints", event, "not eight bytes each"))?;
    let mut ordering = conn.prepare_cached("SELECT config ->> '$.ordering' FROM endpoint WHERE key = ?1")?;
    let mut set = MatchSet::default();
    for endpoint in endpoints {
        let kept: Option<Option<String>> = ordering.query_row([endpoint.0], |row| row.get(0)).optional()?;
        let kept = match kept.flatten().as_deref() {
            Some("key") => Ordering::Key,
            Some("endpoint") => Ordering::Endpoint,
            _ => Ordering::None,
        };
        set.push(endpoint, kept);
    }
    Ok(set)
}
