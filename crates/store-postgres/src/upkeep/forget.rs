//! What is kept for a while only: idempotency keys for a day, signals for an hour, erased events until no attempt for
//! one can be under way, sessions and what belongs to them until they have expired.

use std::time::Duration;

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{Stepped, StoreError};
use tokio_postgres::types::Type;

use super::worked;
use crate::conn::Conn;
use crate::fault::Res;
use crate::history::erase;
use crate::row::limit;
use crate::sessions::expire;
use crate::store::PostgresStore;

/// How long an idempotency key is remembered (DESIGN 4.2).
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);
/// Erased events that are looked at once more in a step.
const ERASED: i64 = 16;

/// Forgets some of it.
pub(super) async fn step(store: &PostgresStore, now: Millis, rows: usize) -> Result<Stepped, StoreError> {
    let Some(tx) = store.keeping().await? else { return Ok(Stepped::default()) };
    let mut more = keys(&tx, now, rows).await?;
    more |= signals(&tx, rows).await?;
    more |= erased(&tx).await?;
    more |= expire::step(&tx, now, rows).await?;
    tx.commit().await?;
    Ok(worked(more))
}

async fn keys(tx: &Conn, now: Millis, rows: usize) -> Res<bool> {
    let deleted = tx
        .execute(
            "DELETE FROM postrider.idempotency WHERE (world, hash) IN
             (SELECT world, hash FROM postrider.idempotency WHERE at < $1 LIMIT $2)",
            &[(&(now - REMEMBERED).0, Type::INT8), (&limit(rows), Type::INT8)],
        )
        .await?;
    Ok(deleted >= rows as u64)
}

/// Those of an hour ago: a cursor from before is told that news were lost.
async fn signals(tx: &Conn, rows: usize) -> Res<bool> {
    let deleted = tx
        .execute(
            "DELETE FROM postrider.signal WHERE ctid IN
             (SELECT ctid FROM postrider.signal WHERE at < clock_timestamp() - interval '1 hour' LIMIT $1)",
            &[(&limit(rows), Type::INT8)],
        )
        .await?;
    Ok(deleted >= rows as u64)
}

/// Blanks once more what endpoints answered, as soon as no transaction is left that may have looked whether the event
/// was erased before it was. Forgets those whose attempts have long ended.
async fn erased(tx: &Conn) -> Res<bool> {
    let rows = tx
        .query(
            "SELECT x.event, e.endpoints FROM postrider.erased x LEFT JOIN postrider.event e ON e.id = x.event
             WHERE NOT x.checked AND x.xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
             ORDER BY x.event LIMIT $1 FOR UPDATE OF x",
            &[(&ERASED, Type::INT8)],
        )
        .await?;
    for row in &rows {
        let event = Ordinal(row.try_get(0)?);
        if let Some(endpoints) = row.try_get(1)? {
            erase::blank(tx, event, endpoints).await?;
        }
        tx.execute("UPDATE postrider.erased SET checked = true WHERE event = $1", &[(&event.0, Type::INT8)])
            .await?;
    }
    tx.execute(
        "DELETE FROM postrider.erased WHERE checked AND at < clock_timestamp() - interval '3 days'",
        &[],
    )
    .await?;
    Ok(rows.len() as i64 >= ERASED)
}
