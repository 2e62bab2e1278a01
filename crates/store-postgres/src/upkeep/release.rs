//! Ordered keys go on whose deliveries were ended: after the commit, in a statement of its own, so that whatever another
//! transaction adds meanwhile is seen by one of both.

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::{Cluster, StoreError};
use tokio_postgres::types::Type;

use crate::fault::Res;
use crate::store::PostgresStore;

/// The first of each line is let go, if it was parked.
const RELEASE: &str = "WITH first AS (
        SELECT k.endpoint, f.event, f.parked FROM unnest($1::bigint[], $2::bigint[]) AS k (endpoint, okey)
        CROSS JOIN LATERAL (SELECT p.event, p.parked FROM postrider.pending p
            WHERE p.endpoint = k.endpoint AND p.okey = k.okey AND p.place IS NOT NULL
            ORDER BY p.place LIMIT 1) f
    ), freed AS (
        UPDATE postrider.pending p
        SET parked = false, due = CASE WHEN p.parked THEN $3 ELSE p.due END,
            xact = pg_current_xact_id()::text::bigint, writer = $4
        FROM first f WHERE p.endpoint = f.endpoint AND p.event = f.event
    )
    SELECT endpoint, event FROM first";

/// The first deliveries of the lines, which may be attempted now.
pub(super) async fn firsts(
    store: &PostgresStore,
    lines: &[(EndpointKey, i64)],
    now: Millis,
) -> Res<Vec<(EndpointKey, Ordinal)>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    lines.dedup();
    let endpoints: Vec<i64> = lines.iter().map(|(endpoint, _)| endpoint.0).collect();
    let keys: Vec<i64> = lines.iter().map(|(_, okey)| *okey).collect();
    let rows = store
        .conn()
        .await?
        .query(
            RELEASE,
            &[
                (&endpoints, Type::INT8_ARRAY),
                (&keys, Type::INT8_ARRAY),
                (&now.0, Type::INT8),
                (&store.writer(), Type::INT2),
            ],
        )
        .await?;
    store.ring();
    rows.iter().map(|row| Ok((EndpointKey(row.try_get(0)?), Ordinal(row.try_get(1)?)))).collect()
}

/// The endpoints of the lines that go on.
pub(super) async fn go_on(
    store: &PostgresStore,
    lines: &[(EndpointKey, i64)],
    now: Millis,
) -> Result<Vec<EndpointKey>, StoreError> {
    let mut endpoints: Vec<_> =
        firsts(store, lines, now).await?.into_iter().map(|(endpoint, _)| endpoint).collect();
    endpoints.dedup();
    Ok(endpoints)
}
