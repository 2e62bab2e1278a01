//! A page that comes.

use std::pin::pin;

use postrider_model::id::EndpointKey;
use postrider_model::slot::Slot;
use postrider_store::StoreError;
use postrider_store::transfer::{Part, Row, Table, Transfer, TransferError, TransferState, Value};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use super::cell::Cell;
use super::seal::NOBODY;
use super::{failed, kept, partitions, shape};
use crate::conn::Conn;
use crate::fault::{Fault, Res, words};
use crate::store::PostgresStore;

/// Writes a page, unless it is written already.
pub(super) async fn import(store: &PostgresStore, part: Part<'_>) -> Result<(), TransferError> {
    let table = part.position.table;
    partitions::cover(store, table, &part.page.rows).await.map_err(failed)?;
    let tx = store.begin().await.map_err(failed)?;
    // What a power failure takes, it takes together with how far the copy has come. Sealing waits for the disk.
    tx.run("SET LOCAL synchronous_commit = off").await.map_err(failed)?;
    let behind = part.position.behind(part.page);
    match kept::locked(&tx).await.map_err(failed)? {
        Some(Transfer { copied, state: TransferState::Copying(at) }) if copied.copy == part.copy.copy => {
            if at == behind {
                return Ok(());
            }
            if at.as_ref() != Some(part.position) {
                return Err(TransferError::Elsewhere);
            }
        }
        _ => return Err(TransferError::Elsewhere),
    }
    write(&tx, table, &part.page.rows).await.map_err(|fault| refused(table, fault))?;
    let transfer = Transfer { copied: part.copy.clone(), state: TransferState::Copying(behind) };
    kept::set(&tx, &transfer).await.map_err(failed)?;
    Ok(tx.commit().await?)
}

/// A row that the database does not take would not be taken the next time either.
fn refused(table: Table, fault: Fault) -> TransferError {
    let of_rows = match fault.code() {
        // "Data exception" and "integrity constraint violation".
        Some(code) => code.code().starts_with("22") || code.code().starts_with("23"),
        None => matches!(fault, Fault::Postgres(_)) && !fault.lost_connection(),
    };
    match fault {
        Fault::Postgres(error) if of_rows => TransferError::Store(StoreError::Corrupt {
            table: table.name(),
            column: "(some)",
            key: "(some)".to_owned(),
            detail: words(&error),
        }),
        fault => failed(fault),
    }
}

async fn write(conn: &Conn, table: Table, rows: &[Row]) -> Res<()> {
    match table {
        Table::Delivery => {
            ended(conn, rows).await?;
            waiting(conn, rows).await
        }
        // A class is known since its first event came.
        Table::Retention => {
            let classes: Vec<i16> = rows.iter().filter_map(class_of).collect();
            let known = "DELETE FROM postrider.retention WHERE class = ANY ($1)";
            conn.execute(known, &[(&classes, Type::INT2_ARRAY)]).await?;
            plain(conn, table, rows, None).await
        }
        // Nobody goes on with a set before the node that is said to have it is buried.
        Table::Fanout => plain(conn, table, rows, Some(("owner", Type::INT2, i64::from(NOBODY)))).await,
        // Erased from the beginning.
        Table::Erasure => plain(conn, table, rows, Some(("mark", Type::INT8, 0))).await,
        _ => plain(conn, table, rows, None).await,
    }
}

/// Rows as they came, perhaps with one more column.
async fn plain(conn: &Conn, table: Table, rows: &[Row], further: Option<(&str, Type, i64)>) -> Res<()> {
    let (mut columns, mut types) = (shape::columns(table), shape::types(table));
    let mut value = None;
    if let Some((name, kind, number)) = further {
        columns = format!("{columns}, {name}");
        types.push(kind);
        value = Some(Value::Int(number));
    }
    let cells = rows.iter().map(|row| row.iter().chain(&value).map(Cell).collect());
    copy(conn, table.name(), &columns, &types, cells.collect()).await
}

fn with<'a, const N: usize>(mut row: Vec<Cell<'a>>, further: [&'a Value; N]) -> Vec<Cell<'a>> {
    row.extend(further.map(Cell));
    row
}

/// The class of a row of retention.
fn class_of(row: &Row) -> Option<i16> {
    i16::try_from(row.first()?.int()?).ok()
}

/// Where a column of the deliveries stands.
fn at(column: &str) -> usize {
    Table::Delivery.column(column).unwrap_or_default()
}

/// Whether a delivery waits.
fn waits(row: &Row) -> bool {
    row[at("state")] == Value::Int(0)
}

/// Deliveries that have come to an end: what they have in common with those that wait.
async fn ended(conn: &Conn, rows: &[Row]) -> Res<()> {
    let columns = at("log") + 1;
    let cells = rows.iter().filter(|row| !waits(row)).map(|row| row[..columns].iter().map(Cell).collect());
    let names = shape::quoted(&Table::Delivery.columns()[..columns]);
    copy(conn, "delivery", &names, &shape::types(Table::Delivery)[..columns], cells.collect()).await
}

/// Deliveries that wait, written by nobody who is a node, in a transaction long ago: news for none, and the backlog of
/// whoever claims the slot.
async fn waiting(conn: &Conn, rows: &[Row]) -> Res<()> {
    let (all, all_types) = (Table::Delivery.columns(), shape::types(Table::Delivery));
    let kept: Vec<usize> = (0..all.len()).filter(|index| *index != at("state")).collect();
    let names: Vec<&str> = kept.iter().map(|index| all[*index]).collect();
    let mut types: Vec<Type> = kept.iter().map(|index| all_types[*index].clone()).collect();
    types.extend([Type::INT2, Type::INT2, Type::INT8]);
    let rows: Vec<&Row> = rows.iter().filter(|row| waits(row)).collect();
    let slots: Vec<Value> = rows.iter().map(|row| slot(&row[at("endpoint")])).collect();
    let (writer, xact) = (Value::Int(-1), Value::Int(0));
    let cells = rows.iter().zip(&slots).map(|(row, slot)| {
        with(kept.iter().map(|index| Cell(&row[*index])).collect(), [slot, &writer, &xact])
    });
    let columns = format!("{}, slot, writer, xact", shape::quoted(&names));
    copy(conn, "pending", &columns, &types, cells.collect()).await
}

fn slot(endpoint: &Value) -> Value {
    let slot = endpoint.int().map(|endpoint| Slot::of(EndpointKey(endpoint)));
    slot.map(|slot| i64::from(slot.0)).into()
}

/// Copies rows into a table.
async fn copy(conn: &Conn, table: &str, columns: &str, types: &[Type], rows: Vec<Vec<Cell<'_>>>) -> Res<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let sink = conn.copy_in(&format!("COPY postrider.{table} ({columns}) FROM STDIN BINARY")).await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, types));
    for row in &rows {
        if row.len() != types.len() {
            return Err(Fault::corrupt("(exchange)", "columns", table, row.len()));
        }
        writer.as_mut().write_raw(row.iter()).await?;
    }
    writer.as_mut().finish().await?;
    Ok(())
}
