//! Statistics older than ninety days go, some endpoints at a time, once a day.

use std::time::Duration;

use postrider_model::time::Millis;
use postrider_store::{Stepped, StoreError};
use tokio_postgres::types::Type;

use super::standing::Work;
use super::worked;
use crate::store::PostgresStore;

const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
/// A day has 1,440 minutes, so that a step deletes some ten thousand rows at most, as a rule.
const ENDPOINTS: i64 = 8;

/// Thins the next endpoints' minutes out.
pub(super) async fn step(store: &PostgresStore, work: &mut Work, now: Millis) -> Result<Stepped, StoreError> {
    let Some(tx) = store.keeping().await? else { return Ok(Stepped::default()) };
    let rows = tx
        .query(
            "SELECT key FROM postrider.endpoint WHERE key > $1 ORDER BY key LIMIT $2",
            &[(&work.thinned, Type::INT8), (&ENDPOINTS, Type::INT8)],
        )
        .await?;
    let keys = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>();
    let keys = keys.map_err(crate::fault::Fault::from)?;
    let Some(last) = keys.last().copied() else {
        work.thinned = 0;
        return Ok(Stepped::default());
    };
    tx.execute(
        "DELETE FROM postrider.stat WHERE endpoint = ANY($1) AND minute < $2",
        &[(&keys, Type::INT8_ARRAY), (&((now - KEPT).0 / 60_000), Type::INT8)],
    )
    .await?;
    tx.commit().await?;
    work.thinned = last;
    Ok(worked(true))
}
