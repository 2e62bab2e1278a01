//! What is due, for the lanes and for a start.

mod fanout;

use std::sync::Arc;

use async_trait::async_trait;
use postrider_model::delivery::DeliveryState;
use postrider_model::id::{EndpointKey, Mode, Ordinal, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{
    Backlog, DueDelivery, DuePage, DueQuery, EventFlags, FanoutPage, FanoutQuery, Recovered, StoreError,
    StoredEvent, WaitingFanout,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::fault::Res;
use crate::row::time;
use crate::store::SqliteStore;
use crate::writer::{Writer, mark};

#[async_trait]
impl Backlog for SqliteStore {
    async fn recover(&self, now: Millis) -> Result<Recovered, StoreError> {
        self.change(move |w| recover(w, now)).await
    }

    async fn due(&self, query: DueQuery) -> Result<DuePage, StoreError> {
        self.read(move |conn| due(conn, &query)).await
    }

    async fn event(&self, ordinal: Ordinal) -> Result<Option<StoredEvent>, StoreError> {
        self.read(move |conn| stored_event(conn, ordinal)).await
    }

    async fn unfinished_fanouts(
        &self,
        after: Ordinal,
        limit: usize,
    ) -> Result<Vec<WaitingFanout>, StoreError> {
        self.read(move |conn| fanout::unfinished(conn, after, limit)).await
    }

    async fn fanout_parts(&self, query: FanoutQuery) -> Result<FanoutPage, StoreError> {
        self.read(move |conn| fanout::page(conn, &query)).await
    }
}

fn recover(w: &Writer, now: Millis) -> Res<Recovered> {
    let conn = &w.conn;
    let low_water = mark::get(conn, mark::LOW_WATER)?;
    let pending = DeliveryState::Pending.code();
    // The instant in an event's id is when it was accepted, and its delivery due.
    let moved = conn.execute(
        "INSERT INTO due (endpoint, due, event, step, attempts, first_attempt_at, okey, scheduled)
         SELECT endpoint, min(event >> 16, ?2), event, 0, 0, NULL, NULL, 0 FROM delivery
         WHERE event >= ?1 AND state = ?3 AND due IS NULL AND okey IS NULL ORDER BY endpoint, event",
        params![low_water, now.0, pending],
    )?;
    conn.execute(
        "UPDATE delivery SET due = min(event >> 16, ?2)
         WHERE event >= ?1 AND state = ?3 AND due IS NULL AND okey IS NULL",
        params![low_water, now.0, pending],
    )?;
    let highest = {
        let mut memory = w.memory.borrow_mut();
        memory.low_water = None;
        memory.highest
    };
    mark::set(conn, mark::LOW_WATER, highest.0 + 1)?;
    mark::set(conn, mark::HIGHEST, highest.0)?;
    Ok(Recovered { highest, moved: moved as u64, backlog: backlog(conn)? })
}

/// Each endpoint's first due time, by one seek each. Due at once is what a crash left of one that is disabled or
/// deleted: its sweep did not come to its end.
fn backlog(conn: &Connection) -> Res<Vec<(EndpointKey, Millis)>> {
    let mut next = conn.prepare(
        "SELECT due.endpoint, iif(endpoint.enabled = 0, 0, due.due)
         FROM due LEFT JOIN endpoint ON endpoint.key = due.endpoint
         WHERE due.endpoint > ?1 ORDER BY due.endpoint, due.due LIMIT 1",
    )?;
    let mut backlog = Vec::new();
    let mut after = i64::MIN;
    while let Some((endpoint, due)) =
        next.query_row([after], |row| Ok((row.get(0)?, row.get(1)?))).optional()?
    {
        backlog.push((EndpointKey(endpoint), Millis(due)));
        after = endpoint;
    }
    Ok(backlog)
}

fn due(conn: &Connection, query: &DueQuery) -> Res<DuePage> {
    let mut skip = query.skip.clone();
    skip.sort_unstable();
    let mut statement = conn.prepare_cached(
        "SELECT event, due, step, attempts, first_attempt_at, okey, scheduled FROM due
         WHERE endpoint = ?1 ORDER BY due, event",
    )?;
    let mut rows = statement.query([query.endpoint.0])?;
    let mut page = DuePage { ended: true, ..DuePage::default() };
    let mut bytes_left = query.body_bytes;
    while let Some(row) = rows.next()? {
        let mut delivery = due_delivery(row)?;
        if skip.binary_search(&delivery.event).is_ok() {
            continue;
        }
        if delivery.due > query.until {
            page.next_due = Some(delivery.due);
            break;
        }
        if page.rows.len() >= query.limit {
            page.ended = false;
            break;
        }
        if bytes_left > 0 {
            delivery.content = stored_event(conn, delivery.event)?.map(Arc::new);
            let size = delivery.content.as_ref().map_or(0, |content| size(content));
            bytes_left = bytes_left.saturating_sub(size);
        }
        delivery.flags = match &delivery.content {
            Some(content) => content.flags,
            None => flags(conn, delivery.event)?,
        };
        page.rows.push(delivery);
    }
    Ok(page)
}

fn size(event: &StoredEvent) -> usize {
    event.data.len()
        + event.changes.as_ref().map_or(0, bytes::Bytes::len)
        + event.attributes.as_ref().map_or(0, bytes::Bytes::len)
}

fn due_delivery(row: &Row<'_>) -> rusqlite::Result<DueDelivery> {
    let okey: Option<i64> = row.get(5)?;
    Ok(DueDelivery {
        event: Ordinal(row.get(0)?),
        due: Millis(row.get(1)?),
        step: row.get(2)?,
        attempts: row.get(3)?,
        first_attempt_at: time(row, 4)?,
        key: okey.map(i64::cast_unsigned),
        scheduled: row.get(6)?,
        flags: EventFlags::default(),
        content: None,
    })
}

fn flags(conn: &Connection, event: Ordinal) -> Res<EventFlags> {
    let mut statement = conn.prepare_cached("SELECT flags FROM event WHERE id = ?1")?;
    let code = statement.query_row([event.0], |row| row.get(0)).optional()?;
    Ok(code.map(EventFlags::from_code).unwrap_or_default())
}

/// An event's content; `None` after retention or erasure.
fn stored_event(conn: &Connection, ordinal: Ordinal) -> Res<Option<StoredEvent>> {
    let mut statement = conn.prepare_cached(
        "SELECT e.world, e.tenant, t.id, k.name, e.timestamp, e.flags, e.retention_days, e.attributes, e.changes, e.data
         FROM event e JOIN tenant t ON t.key = e.tenant JOIN type_name k ON k.key = e.kind
         WHERE e.id = ?1 AND e.data IS NOT NULL",
    )?;
    let event = statement.query_row([ordinal.0], |row| {
        let world: i64 = row.get(0)?;
        Ok(StoredEvent {
            ordinal,
            project: ProjectKey(world >> 1),
            mode: Mode::from_bit(world),
            tenant: TenantKey(row.get(1)?),
            tenant_id: row.get(2)?,
            kind: row.get(3)?,
            timestamp: Millis(row.get(4)?),
            flags: EventFlags::from_code(row.get(5)?),
            expires_at: expires_at(ordinal, row.get(6)?),
            attributes: row.get::<_, Option<Vec<u8>>>(7)?.map(Into::into),
            changes: row.get::<_, Option<Vec<u8>>>(8)?.map(Into::into),
            data: row.get::<_, Vec<u8>>(9)?.into(),
        })
    });
    Ok(event.optional()?)
}

/// When an event's history ends.
pub(crate) fn expires_at(ordinal: Ordinal, days: u16) -> Millis {
    ordinal.time() + std::time::Duration::from_secs(u64::from(days) * 24 * 3600)
}
