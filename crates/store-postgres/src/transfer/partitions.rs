//! Partitions for what comes, which may be of any time.

use postrider_model::id::Ordinal;
use postrider_store::transfer::{Row, Table, Value};

use crate::fault::Res;
use crate::store::PostgresStore;

/// Makes the partitions that a page's rows need, where they are not there. Those of deliveries are made with their
/// events', and a class that has a mark has tables.
pub(super) async fn cover(store: &PostgresStore, table: Table, rows: &[Row]) -> Res<()> {
    let at = match table {
        Table::Event => "id",
        Table::Retention => "mark",
        _ => return Ok(()),
    };
    let number = |row: &Row, column| table.column(column).and_then(|at| row.get(at)).and_then(Value::int);
    for row in rows {
        let class = number(row, "class").and_then(|class| i16::try_from(class).ok());
        if let (Some(class), Some(event)) = (class, number(row, at)) {
            store.cover(class, Ordinal(event)).await?;
        }
    }
    Ok(())
}
