//! Events' content.

use std::time::Duration;

use postrider_model::id::{Mode, Ordinal, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{EventFlags, StoredEvent};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::fault::Res;
use crate::store::PostgresStore;

const ONE: &str = "SELECT e.id, e.world, e.tenant, t.id, k.name, e.\"timestamp\", e.flags, e.class, e.attributes, e.changes,
        e.data
    FROM postrider.event e JOIN postrider.tenant t ON t.key = e.tenant JOIN postrider.type_name k ON k.key = e.kind
    WHERE e.id = $1 AND e.data IS NOT NULL
        AND (e.id >= coalesce((SELECT r.mark FROM postrider.retention r WHERE r.class = e.class), e.id)
        OR EXISTS (SELECT FROM postrider.late l WHERE l.event = e.id))";
/// In the order asked for, until there are enough bytes. The bounds let the planner leave partitions out.
const SEVERAL: &str =
    "SELECT e.id, e.world, e.tenant, t.id, k.name, e.\"timestamp\", e.flags, e.class, e.attributes,
        e.changes, e.data, e.place
    FROM (SELECT e.*, u.place,
            sum(length(e.data) + coalesce(length(e.changes), 0) + coalesce(length(e.attributes), 0))
                OVER (ORDER BY u.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM unnest($1::bigint[]) WITH ORDINALITY AS u(id, place)
        JOIN postrider.event e ON e.id = u.id
        WHERE e.id BETWEEN $2 AND $3 AND e.class = ANY($4) AND e.data IS NOT NULL) e
    JOIN postrider.tenant t ON t.key = e.tenant JOIN postrider.type_name k ON k.key = e.kind
    WHERE coalesce(e.before, 0) < $5";

/// One event's content; `None` after retention or erasure.
pub(super) async fn read(store: &PostgresStore, ordinal: Ordinal) -> Res<Option<StoredEvent>> {
    let row = store.prompt().await?.query_opt(ONE, &[(&ordinal.0, Type::INT8)]).await?;
    row.as_ref().map(stored).transpose()
}

/// Several events' content, parallel to what is asked for.
pub(super) async fn several(
    store: &PostgresStore,
    events: &[i64],
    classes: &[i16],
    bytes: usize,
) -> Res<Vec<Option<StoredEvent>>> {
    let mut found: Vec<Option<StoredEvent>> = events.iter().map(|_| None).collect();
    let (Some(low), Some(high)) = (events.iter().min(), events.iter().max()) else { return Ok(found) };
    let mut classes = classes.to_vec();
    classes.sort_unstable();
    classes.dedup();
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let params = [
        (&events as _, Type::INT8_ARRAY),
        (low as _, Type::INT8),
        (high as _, Type::INT8),
        (&classes as _, Type::INT2_ARRAY),
        (&bytes as _, Type::INT8),
    ];
    for row in store.prompt().await?.query(SEVERAL, &params).await? {
        let place = usize::try_from(row.try_get::<_, i64>(11)?).unwrap_or_default();
        if let Some(slot) = place.checked_sub(1).and_then(|place| found.get_mut(place)) {
            *slot = Some(stored(&row)?);
        }
    }
    Ok(found)
}

fn stored(row: &Row) -> Res<StoredEvent> {
    let (ordinal, world): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let bytes = |column| Res::Ok(row.try_get::<_, Option<Vec<u8>>>(column)?.map(Into::into));
    Ok(StoredEvent {
        ordinal: Ordinal(ordinal),
        project: ProjectKey(world >> 1),
        mode: Mode::from_bit(world),
        tenant: TenantKey(row.try_get(2)?),
        tenant_id: row.try_get::<_, &str>(3)?.into(),
        kind: row.try_get::<_, &str>(4)?.into(),
        timestamp: Millis(row.try_get(5)?),
        flags: EventFlags::from_code(i64::from(row.try_get::<_, i16>(6)?)),
        expires_at: expires_at(Ordinal(ordinal), row.try_get(7)?),
        attributes: bytes(8)?,
        changes: bytes(9)?,
        data: bytes(10)?.unwrap_or_default(),
    })
}

/// When an event's history ends.
pub(crate) fn expires_at(ordinal: Ordinal, class: i16) -> Millis {
    ordinal.time() + Duration::from_secs(u64::try_from(class).unwrap_or_default() * 24 * 3600)
}
