//! Idempotency keys: those of events from their table, then those of requests that no event keeps.

use postrider_model::id::Ordinal;
use postrider_store::EventOutcome;
use postrider_store::transfer::{Cursor, Page, Row, Value};
use rusqlite::{Connection, params};

use super::page::Filling;
use crate::fault::Res;
use crate::pack;
use crate::writer::idempotency::{Seen, outcomes_of, request_outcomes};

/// The two parts, as the first value of a cursor says which.
const OF_EVENTS: i64 = 0;
const OF_REQUESTS: i64 = 1;

/// The next keys. Of a key that is in both tables the later use holds.
pub(super) fn export(conn: &Connection, after: Option<&Cursor>) -> Res<Page> {
    let (part, world, hash) = match after.map(Vec::as_slice) {
        Some([part, world, hash]) => (
            part.int().unwrap_or(OF_EVENTS),
            world.int().unwrap_or(i64::MIN),
            hash.bytes().unwrap_or_default(),
        ),
        _ => (OF_EVENTS, i64::MIN, &[][..]),
    };
    if part == OF_REQUESTS { of_requests(conn, world, hash) } else { of_events(conn, world, hash) }
}

fn of_events(conn: &Connection, world: i64, hash: &[u8]) -> Res<Page> {
    let mut keys = conn.prepare_cached(
        "SELECT i.world, i.hash, i.body, i.event, i.count,
                coalesce((SELECT deliveries FROM event WHERE id = i.event), 0)
         FROM idempotency i LEFT JOIN request r ON r.world = i.world AND r.hash = i.hash
         WHERE (i.world, i.hash) > (?1, ?2) AND (r.at IS NULL OR r.at <= i.event >> 16)
         ORDER BY i.world, i.hash",
    )?;
    let mut rows = keys.query(params![world, hash])?;
    let mut page = Filling::default();
    while let Some(row) = rows.next()? {
        let event = Ordinal(row.get(3)?);
        let seen = Seen { body: row.get(2)?, event, count: row.get(4)?, deliveries: row.get(5)? };
        let whole = seen.count > 0;
        let outcomes = if whole {
            request_outcomes(conn, &seen)?
        } else {
            vec![EventOutcome { ordinal: event, deliveries: seen.deliveries, repeated: true }]
        };
        let key: [Value; 2] = [row.get::<_, i64>(0)?.into(), row.get::<_, Vec<u8>>(1)?.into()];
        if page.push(values(key, &seen.body, event.time().0, whole, &outcomes), next(OF_EVENTS)) {
            return Ok(page.done());
        }
    }
    page.go_on_at(vec![OF_REQUESTS.into(), i64::MIN.into(), Vec::<u8>::new().into()]);
    Ok(page.done())
}

fn of_requests(conn: &Connection, world: i64, hash: &[u8]) -> Res<Page> {
    let mut keys = conn.prepare_cached(
        "SELECT r.world, r.hash, r.body, r.at, r.events
         FROM request r LEFT JOIN idempotency i ON i.world = r.world AND i.hash = r.hash
         WHERE (r.world, r.hash) > (?1, ?2) AND (i.event IS NULL OR r.at > i.event >> 16)
         ORDER BY r.world, r.hash",
    )?;
    let mut rows = keys.query(params![world, hash])?;
    let mut page = Filling::default();
    while let Some(row) = rows.next()? {
        let events = pack::read_ordinals(&row.get::<_, Vec<u8>>(4)?).unwrap_or_default();
        let (body, outcomes): ([u8; 16], _) = (row.get(2)?, outcomes_of(conn, events)?);
        let key: [Value; 2] = [row.get::<_, i64>(0)?.into(), row.get::<_, Vec<u8>>(1)?.into()];
        if page.push(values(key, &body, row.get(3)?, true, &outcomes), next(OF_REQUESTS)) {
            break;
        }
    }
    Ok(page.done())
}

fn next(part: i64) -> impl FnOnce(&Row) -> Cursor {
    move |row| vec![part.into(), row[0].clone(), row[1].clone()]
}

fn values(key: [Value; 2], body: &[u8], at: i64, whole: bool, outcomes: &[EventOutcome]) -> Row {
    let [world, hash] = key;
    let events: Vec<i64> = outcomes.iter().map(|outcome| outcome.ordinal.0).collect();
    let deliveries: Vec<i64> = outcomes.iter().map(|outcome| i64::from(outcome.deliveries)).collect();
    vec![world, hash, body.to_vec().into(), at.into(), whole.into(), events.into(), deliveries.into()]
}
