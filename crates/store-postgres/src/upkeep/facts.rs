//! Facts for metrics and `doctor`.

use postrider_store::StoreFacts;

use crate::fault::Res;
use crate::store::PostgresStore;

/// Reads what is known without looking at any delivery. The log and the disk are the server's own business.
pub(super) async fn facts(store: &PostgresStore) -> Res<StoreFacts> {
    let row = store.conn().await?.query_one("SELECT pg_database_size(current_database())", &[]).await?;
    Ok(StoreFacts {
        store_bytes: u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0),
        schema_version: store.schema_version,
        retention_lag: store.standing.behind(),
        ..StoreFacts::default()
    })
}
