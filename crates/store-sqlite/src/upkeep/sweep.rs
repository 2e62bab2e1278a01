//! Ending what is pending of an endpoint that was disabled or deleted.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::{StoreError, SweepInto};
use rusqlite::{Connection, params};

use crate::fault::Res;
use crate::store::SqliteStore;
use crate::writer::{delivery, mark};

/// Finds them in a snapshot and ends them by the writer, which looks at each once more.
pub(super) async fn sweep(
    store: &SqliteStore,
    endpoint: EndpointKey,
    into: SweepInto,
    limit: usize,
) -> Result<usize, StoreError> {
    let found = store.read(move |conn| find(conn, endpoint, into, limit)).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let count = found.len();
    store
        .change(move |w| {
            for event in found {
                end(&w.conn, DeliveryKey { event, endpoint }, into)?;
            }
            Ok(())
        })
        .await?;
    Ok(count)
}

/// Parked ones first, so that no head releases one that is swept next; then due ones; then those in lanes.
fn find(conn: &Connection, endpoint: EndpointKey, into: SweepInto, limit: usize) -> Res<Vec<Ordinal>> {
    let mut found: Vec<Ordinal> = Vec::new();
    let mut sources = vec![
        "SELECT event FROM parked WHERE endpoint = ?1 LIMIT ?2",
        "SELECT event FROM due WHERE endpoint = ?1 LIMIT ?2",
    ];
    if into == SweepInto::Cancelled {
        sources.push("SELECT event FROM problem WHERE endpoint = ?1 AND state = 3 LIMIT ?2");
    }
    for sql in sources {
        let left = limit.saturating_sub(found.len()) as i64;
        let mut statement = conn.prepare_cached(sql)?;
        let events = statement.query_map([endpoint.0, left], |row| row.get(0).map(Ordinal))?;
        for event in events {
            found.push(event?);
        }
    }
    let left = limit.saturating_sub(found.len()) as i64;
    let mut lanes = conn.prepare_cached(
        "SELECT event FROM delivery WHERE event >= ?1 AND endpoint = ?2 AND state = 0 AND due IS NULL AND okey IS NULL
         LIMIT ?3",
    )?;
    let lanes = lanes.query_map(params![mark::get(conn, mark::LOW_WATER)?, endpoint.0, left], |row| {
        row.get(0).map(Ordinal)
    })?;
    for event in lanes {
        found.push(event?);
    }
    Ok(found)
}

fn end(conn: &Connection, key: DeliveryKey, into: SweepInto) -> Res<()> {
    let Some(row) = delivery::read(conn, key)? else { return Ok(()) };
    let state = match (into, row.state) {
        (SweepInto::Held, DeliveryState::Pending) => DeliveryState::Held,
        (SweepInto::Cancelled, DeliveryState::Pending | DeliveryState::Held) => DeliveryState::Cancelled,
        _ => return Ok(()),
    };
    // What a head releases belongs to the same endpoint and is swept too; nothing of it falls due.
    delivery::end(conn, key, row, state, Millis::MAX)?;
    Ok(())
}
