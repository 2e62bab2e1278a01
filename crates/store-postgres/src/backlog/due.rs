//! Deliveries in the due index.

use std::collections::HashMap;
use std::sync::Arc;

use postrider_model::delivery::DeliveryKey;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::slot::SlotSet;
use postrider_model::time::Millis;
use postrider_store::{DueDelivery, DuePage, DueQuery, EventFlags, StoredEvent};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::event;
use crate::fault::Res;
use crate::store::PostgresStore;

/// One that stands in a line comes only if it is the first, and nobody of its line is in memory.
const DUE: &str = "SELECT p.event, p.due, p.step, p.attempts, p.first_attempt_at, p.okey, p.scheduled, p.flags, p.class
    FROM postrider.pending p
    WHERE p.endpoint = $1 AND NOT p.parked AND p.event <> ALL($2)
        AND (p.place IS NULL OR NOT EXISTS (SELECT FROM postrider.pending q
            WHERE q.endpoint = $1 AND q.okey = p.okey AND (q.place < p.place OR (q.place > p.place AND q.event = ANY($2)))))
    ORDER BY p.due, p.event LIMIT $3";
const OF_KEYS: &str =
    "SELECT p.event, p.due, p.step, p.attempts, p.first_attempt_at, p.okey, p.scheduled, p.flags, p.class,
        p.endpoint
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS u(event, endpoint, place)
    JOIN postrider.pending p ON p.endpoint = u.endpoint AND p.event = u.event
    WHERE NOT p.parked AND p.slot = ANY($3)
        AND (p.place IS NULL OR NOT EXISTS (SELECT FROM postrider.pending q
            WHERE q.endpoint = p.endpoint AND q.okey = p.okey AND q.place < p.place))
    ORDER BY u.place";

/// The next due deliveries of an endpoint.
pub(super) async fn page(store: &PostgresStore, query: &DueQuery) -> Res<DuePage> {
    let skip: Vec<i64> = query.skip.iter().map(|event| event.0).collect();
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX).saturating_add(1);
    let params =
        [(&query.endpoint.0 as _, Type::INT8), (&skip as _, Type::INT8_ARRAY), (&limit as _, Type::INT8)];
    let rows = store.prompt().await?.query(DUE, &params).await?;
    let mut page = DuePage { ended: true, ..DuePage::default() };
    let mut classes = Vec::new();
    for row in &rows {
        let delivery = delivery(row)?;
        if delivery.due > query.until {
            page.next_due = Some(delivery.due);
            break;
        }
        if page.rows.len() >= query.limit {
            page.ended = false;
            break;
        }
        classes.push(row.try_get(8)?);
        page.rows.push(delivery);
    }
    let mut rows: Vec<&mut DueDelivery> = page.rows.iter_mut().collect();
    fill(store, &mut rows, &classes, query.body_bytes).await?;
    Ok(page)
}

/// Those of some deliveries that are in the due index, in the order asked for.
pub(crate) async fn of_keys(
    store: &PostgresStore,
    keys: &[DeliveryKey],
    slots: &SlotSet,
    body_bytes: usize,
) -> Res<Vec<(EndpointKey, DueDelivery)>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let events: Vec<i64> = keys.iter().map(|key| key.event.0).collect();
    let endpoints: Vec<i64> = keys.iter().map(|key| key.endpoint.0).collect();
    let slots: Vec<i16> = slots.iter().map(|slot| i16::from(slot.0)).collect();
    let params = [
        (&events as _, Type::INT8_ARRAY),
        (&endpoints as _, Type::INT8_ARRAY),
        (&slots as _, Type::INT2_ARRAY),
    ];
    let rows = store.prompt().await?.query(OF_KEYS, &params).await?;
    let mut found = Vec::with_capacity(rows.len());
    let mut classes = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push((EndpointKey(row.try_get(9)?), delivery(row)?));
        classes.push(row.try_get(8)?);
    }
    let mut rows: Vec<&mut DueDelivery> = found.iter_mut().map(|(_, delivery)| delivery).collect();
    fill(store, &mut rows, &classes, body_bytes).await?;
    Ok(found)
}

/// Reads content along until there are enough bytes.
async fn fill(
    store: &PostgresStore,
    rows: &mut [&mut DueDelivery],
    classes: &[i16],
    body_bytes: usize,
) -> Res<()> {
    if rows.is_empty() || body_bytes == 0 {
        return Ok(());
    }
    let events: Vec<i64> = rows.iter().map(|row| row.event.0).collect();
    let contents = event::several(store, &events, classes, body_bytes).await?;
    let mut shared: HashMap<Ordinal, Arc<StoredEvent>> = HashMap::new();
    for (row, content) in rows.iter_mut().zip(contents) {
        row.content =
            content.map(|content| Arc::clone(shared.entry(row.event).or_insert_with(|| Arc::new(content))));
    }
    Ok(())
}

fn delivery(row: &Row) -> Res<DueDelivery> {
    let okey: Option<i64> = row.try_get(5)?;
    Ok(DueDelivery {
        event: Ordinal(row.try_get(0)?),
        due: Millis(row.try_get(1)?),
        step: row.try_get::<_, i32>(2)?.cast_unsigned(),
        attempts: row.try_get::<_, i32>(3)?.cast_unsigned(),
        first_attempt_at: row.try_get::<_, Option<i64>>(4)?.map(Millis),
        key: okey.map(i64::cast_unsigned),
        scheduled: row.try_get(6)?,
        flags: EventFlags::from_code(i64::from(row.try_get::<_, i16>(7)?)),
        content: None,
    })
}
