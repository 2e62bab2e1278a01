//! One event, one delivery.

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::attempt_log::AttemptLog;
use postrider_store::{DeliveryDetail, EventDetail, EventFlags, EventSummary, Scope};
use rusqlite::{Connection, OptionalExtension, params};

use super::summary;
use crate::fault::Res;
use crate::row::time;
use crate::writer::delivery::broken_log;
use postrider_model::delivery::DeliveryKey;

/// Deliveries that an event shows at most.
const SHOWN: i64 = 250;

/// An event as lists show it; `None` outside the scope.
pub(super) fn summary(conn: &Connection, scope: Scope, event: Ordinal) -> Res<Option<EventSummary>> {
    let mut statement = conn.prepare_cached(
        "SELECT t.id, k.name, e.timestamp, e.deliveries, e.deliver_at, e.flags
         FROM event e CROSS JOIN tenant t ON t.key = e.tenant CROSS JOIN type_name k ON k.key = e.kind
         WHERE e.id = ?1 AND e.world = ?2 AND (?3 IS NULL OR e.tenant = ?3)",
    )?;
    let world = scope.project.0 * 2 + scope.mode.bit();
    let summary = statement.query_row(params![event.0, world, scope.tenant.map(|tenant| tenant.0)], |row| {
        Ok(EventSummary {
            ordinal: event,
            tenant: row.get(0)?,
            kind: row.get(1)?,
            timestamp: Millis(row.get(2)?),
            accepted_at: event.time(),
            deliveries: row.get(3)?,
            deliver_at: time(row, 4)?,
            flags: EventFlags::from_code(row.get(5)?),
        })
    });
    Ok(summary.optional()?)
}

/// An event with everything.
pub(super) fn event(conn: &Connection, scope: Scope, event: Ordinal) -> Res<Option<EventDetail>> {
    let Some(summary) = summary(conn, scope, event)? else { return Ok(None) };
    let mut statement =
        conn.prepare_cached("SELECT ordering_key, attributes, changes, data FROM event WHERE id = ?1")?;
    let mut detail = statement.query_row([event.0], |row| {
        let bytes = |index| row.get::<_, Option<Vec<u8>>>(index).map(|bytes| bytes.map(Into::into));
        Ok(EventDetail {
            summary,
            ordering_key: row.get(0)?,
            attributes: bytes(1)?,
            changes: bytes(2)?,
            data: bytes(3)?,
            deliveries: Vec::new(),
        })
    })?;
    let mut endpoints =
        conn.prepare_cached("SELECT endpoint FROM delivery WHERE event = ?1 ORDER BY endpoint LIMIT ?2")?;
    let mut rows = endpoints.query(params![event.0, SHOWN])?;
    while let Some(row) = rows.next()? {
        let found = summary::read(conn, scope, event, EndpointKey(row.get(0)?))?;
        detail.deliveries.extend(found.map(|found| found.summary));
    }
    Ok(Some(detail))
}

/// A delivery with its attempts.
pub(super) fn delivery(
    conn: &Connection,
    scope: Scope,
    event: Ordinal,
    endpoint: EndpointKey,
) -> Res<Option<DeliveryDetail>> {
    let Some(found) = summary::read(conn, scope, event, endpoint)? else { return Ok(None) };
    let attempts = AttemptLog::decode(&found.log).map_err(broken_log(DeliveryKey { event, endpoint }))?;
    Ok(Some(DeliveryDetail { summary: found.summary, attempts }))
}
