//! Ending what is pending of an endpoint that was disabled or deleted.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::Ordinal;
use postrider_store::{StoreError, Sweep, SweepInto, Swept};
use rusqlite::{Connection, params};

use crate::fault::Res;
use crate::store::SqliteStore;
use crate::writer::{delivery, mark};

/// Finds them in a snapshot and ends them by the writer, which looks at each once more.
pub(super) async fn sweep(store: &SqliteStore, sweep: Sweep, limit: usize) -> Result<Swept, StoreError> {
    let found = store.read(move |conn| find(conn, &sweep, limit)).await?;
    if found.is_empty() {
        return Ok(Swept::default());
    }
    let ended = found.len();
    let released = store
        .change(move |w| {
            let mut released = false;
            for event in found {
                released |= end(&w.conn, event, &sweep)?.is_some_and(|next| next > sweep.up_to);
            }
            Ok(released)
        })
        .await?;
    Ok(Swept { ended, released })
}

/// Parked ones first, so that no head releases one that is swept next; then due ones; then those in lanes.
fn find(conn: &Connection, sweep: &Sweep, limit: usize) -> Res<Vec<Ordinal>> {
    let (endpoint, up_to) = (sweep.endpoint.0, sweep.up_to.0);
    let mut found: Vec<Ordinal> = Vec::new();
    let mut sources = vec![
        "SELECT event FROM parked WHERE endpoint = ?1 AND event <= ?2 LIMIT ?3",
        "SELECT event FROM due WHERE endpoint = ?1 AND event <= ?2 LIMIT ?3",
    ];
    if sweep.into == SweepInto::Cancelled {
        sources.push("SELECT event FROM problem WHERE endpoint = ?1 AND state = 3 AND event <= ?2 LIMIT ?3");
    }
    for sql in sources {
        let left = limit.saturating_sub(found.len()) as i64;
        let mut statement = conn.prepare_cached(sql)?;
        let events = statement.query_map([endpoint, up_to, left], |row| row.get(0).map(Ordinal))?;
        for event in events {
            found.push(event?);
        }
    }
    let left = limit.saturating_sub(found.len()) as i64;
    let mut lanes = conn.prepare_cached(
        "SELECT event FROM delivery WHERE event >= ?1 AND event <= ?2 AND endpoint = ?3 AND state = 0
         AND due IS NULL AND okey IS NULL LIMIT ?4",
    )?;
    let lanes = lanes
        .query_map(params![mark::get(conn, mark::LOW_WATER)?, up_to, endpoint, left], |row| {
            row.get(0).map(Ordinal)
        })?;
    for event in lanes {
        found.push(event?);
    }
    Ok(found)
}

/// Returns the delivery that the end of an ordered key's head released.
fn end(conn: &Connection, event: Ordinal, sweep: &Sweep) -> Res<Option<Ordinal>> {
    let key = DeliveryKey { event, endpoint: sweep.endpoint };
    let Some(row) = delivery::read(conn, key)? else { return Ok(None) };
    let state = match (sweep.into, row.state) {
        (SweepInto::Held, DeliveryState::Pending) => DeliveryState::Held,
        (SweepInto::Cancelled, DeliveryState::Pending | DeliveryState::Held) => DeliveryState::Cancelled,
        _ => return Ok(None),
    };
    delivery::end(conn, key, row, state, sweep.now)
}
