//! Facts for metrics and `doctor`.

use postrider_store::{StoreError, StoreFacts};

use crate::open;
use crate::schema;
use crate::store::SqliteStore;
use crate::writer::mark;

/// Reads what is known without looking at any delivery.
pub(super) async fn facts(store: &SqliteStore) -> Result<StoreFacts, StoreError> {
    let (version, pages, page_size, listed, newest) = store
        .read(|conn| {
            let number = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
            Ok((
                schema::version(conn)?,
                number("PRAGMA page_count")?.unwrap_or(0),
                number("PRAGMA page_size")?.unwrap_or(0),
                mark::get(conn, mark::LISTED)?,
                number("SELECT max(id) FROM event")?.unwrap_or(0),
            ))
        })
        .await?;
    let wal = open::wal_path(&store.data_dir);
    Ok(StoreFacts {
        store_bytes: u64::try_from(pages * page_size).unwrap_or(0),
        wal_bytes: if store.on_disk { std::fs::metadata(wal).map_or(0, |file| file.len()) } else { 0 },
        free_bytes: if store.on_disk { fs4::available_space(&store.data_dir).ok() } else { None },
        schema_version: version,
        index_lag: index_lag(store, listed, newest).await?,
    })
}

/// Deliveries that no run covers yet, counted up to a bound.
async fn index_lag(store: &SqliteStore, listed: i64, newest: i64) -> Result<u64, StoreError> {
    const BOUND: i64 = 100_000;
    if newest <= listed {
        return Ok(0);
    }
    store
        .read(move |conn| {
            let mut statement = conn
                .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM delivery WHERE event > ?1 LIMIT ?2)")?;
            Ok(statement.query_row([listed, BOUND], |row| row.get::<_, i64>(0))?.cast_unsigned())
        })
        .await
}
