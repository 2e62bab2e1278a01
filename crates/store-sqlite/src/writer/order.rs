//! Ordered keys: one head is due, its followers are parked and released one by one (DESIGN 2.3).

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use rusqlite::{Connection, OptionalExtension, params};

use super::delivery::{self, DueEntry};
use crate::fault::Res;

/// The head of a key, if the key is taken.
pub(crate) fn head(conn: &Connection, endpoint: EndpointKey, okey: i64) -> Res<Option<Ordinal>> {
    let mut statement =
        conn.prepare_cached("SELECT event FROM ordered_head WHERE endpoint = ?1 AND okey = ?2")?;
    Ok(statement.query_row(params![endpoint.0, okey], |row| row.get(0).map(Ordinal)).optional()?)
}

/// Makes a delivery the head of its key.
pub(crate) fn set_head(conn: &Connection, key: DeliveryKey, okey: i64) -> Res<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO ordered_head (endpoint, okey, event) VALUES (?1, ?2, ?3)")?
        .execute(params![key.endpoint.0, okey, key.event.0])?;
    Ok(())
}

/// Puts a delivery behind the head, at its place in the order.
pub(crate) fn park(conn: &Connection, key: DeliveryKey, okey: i64, place: Ordinal) -> Res<()> {
    conn.prepare_cached("INSERT INTO parked (endpoint, okey, place, event) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![key.endpoint.0, okey, place.0, key.event.0])?;
    Ok(())
}

/// Takes a delivery out of the line behind the head.
pub(crate) fn unpark(conn: &Connection, key: DeliveryKey, okey: i64) -> Res<()> {
    // The place of an ordinary one is its event; only scheduled ones are looked for along the whole line.
    let removed = conn
        .prepare_cached("DELETE FROM parked WHERE endpoint = ?1 AND okey = ?2 AND place = ?3 AND event = ?3")?
        .execute(params![key.endpoint.0, okey, key.event.0])?;
    if removed == 0 {
        conn.prepare_cached("DELETE FROM parked WHERE endpoint = ?1 AND okey = ?2 AND event = ?3")?
            .execute(params![key.endpoint.0, okey, key.event.0])?;
    }
    Ok(())
}

/// After the end of a delivery: if it was the head of its key, the next in line becomes head and due now.
pub(crate) fn release(conn: &Connection, ended: DeliveryKey, okey: i64, now: Millis) -> Res<Option<Ordinal>> {
    if head(conn, ended.endpoint, okey)? != Some(ended.event) {
        return Ok(None);
    }
    let mut next = conn.prepare_cached(
        "SELECT place, event FROM parked WHERE endpoint = ?1 AND okey = ?2 ORDER BY place, event LIMIT 1",
    )?;
    let next: Option<(i64, i64)> =
        next.query_row(params![ended.endpoint.0, okey], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((place, event)) = next else {
        conn.prepare_cached("DELETE FROM ordered_head WHERE endpoint = ?1 AND okey = ?2")?
            .execute(params![ended.endpoint.0, okey])?;
        return Ok(None);
    };
    let key = DeliveryKey { event: Ordinal(event), endpoint: ended.endpoint };
    conn.prepare_cached(
        "DELETE FROM parked WHERE endpoint = ?1 AND okey = ?2 AND place = ?3 AND event = ?4",
    )?
    .execute(params![ended.endpoint.0, okey, place, event])?;
    set_head(conn, key, okey)?;
    conn.prepare_cached("UPDATE delivery SET due = ?3 WHERE event = ?1 AND endpoint = ?2")?
        .execute(params![event, ended.endpoint.0, now.0])?;
    delivery::add_due(conn, key, &DueEntry { okey: Some(okey), ..DueEntry::first(now) })?;
    Ok(Some(key.event))
}
