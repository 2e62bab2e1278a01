//! Partitions for what comes.

use std::collections::BTreeSet;

use postrider_store::transfer::{Row, Table, Value};

use crate::fault::Res;
use crate::store::PostgresStore;

/// Makes the partitions that a page's rows go into, where they are not there.
pub(super) async fn cover(store: &PostgresStore, table: Table, rows: &[Row]) -> Res<()> {
    if !matches!(table, Table::Event | Table::Delivery) {
        return Ok(());
    }
    let class = table.column("class").unwrap_or_default();
    let classes: BTreeSet<i64> = rows.iter().filter_map(|row| row.get(class).and_then(Value::int)).collect();
    let conn = store.conn().await?;
    for class in classes {
        let table = table.name();
        conn.run(&format!(
            "CREATE TABLE IF NOT EXISTS postrider.{table}_{class} PARTITION OF postrider.{table} FOR VALUES IN ({class})"
        ))
        .await?;
    }
    Ok(())
}
