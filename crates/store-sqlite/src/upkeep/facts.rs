//! Facts for metrics and `doctor`.

use std::sync::atomic::Ordering;
use std::time::Duration;

use postrider_store::{StoreError, StoreFacts};

use super::runs;
use crate::open;
use crate::schema;
use crate::store::SqliteStore;

/// Reads what is known without looking at any delivery.
pub(super) async fn facts(store: &SqliteStore) -> Result<StoreFacts, StoreError> {
    let (version, pages, page_size) = store
        .read(|conn| {
            let number = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
            Ok((schema::version(conn)?, number("PRAGMA page_count")?, number("PRAGMA page_size")?))
        })
        .await?;
    let wal = open::wal_path(&store.data_dir);
    Ok(StoreFacts {
        store_bytes: u64::try_from(pages * page_size).unwrap_or(0),
        wal_bytes: if store.on_disk { std::fs::metadata(wal).map_or(0, |file| file.len()) } else { 0 },
        free_bytes: if store.on_disk { fs4::available_space(&store.data_dir).ok() } else { None },
        schema_version: version,
        index_lag: runs::lag(store).await?,
        retention_lag: retention_lag(store),
    })
}

/// How far retention was behind when it was last looked.
pub(super) fn retention_lag(store: &SqliteStore) -> Duration {
    Duration::from_millis(store.retention_lag_ms.load(Ordering::Relaxed))
}
