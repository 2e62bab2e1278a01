//! What the database remembers of a move into it.

use postrider_store::transfer::{TRANSFER_FACT, Transfer, TransferState};
use tokio_postgres::types::Type;

use crate::conn::Conn;
use crate::fault::{Fault, Res};

/// What is remembered; until the transaction ends nobody else changes it.
pub(super) async fn locked(conn: &Conn) -> Res<Option<Transfer>> {
    read(conn, "SELECT value FROM postrider.fact WHERE name = $1 FOR UPDATE").await
}

async fn read(conn: &Conn, sql: &str) -> Res<Option<Transfer>> {
    let row = conn.query_opt(sql, &[(&TRANSFER_FACT, Type::TEXT)]).await?;
    let Some(row) = row else { return Ok(None) };
    let text: Vec<u8> = row.try_get(0)?;
    let broken = |error| Fault::corrupt("fact", "value", TRANSFER_FACT, error);
    serde_json::from_slice(&text).map(Some).map_err(broken)
}

/// Remembers.
pub(super) async fn set(conn: &Conn, transfer: &Transfer) -> Res<()> {
    let broken = |error| Fault::corrupt("fact", "value", TRANSFER_FACT, error);
    let text = serde_json::to_vec(transfer).map_err(broken)?;
    conn.execute(
        "INSERT INTO postrider.fact (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[(&TRANSFER_FACT, Type::TEXT), (&text, Type::BYTEA)],
    )
    .await?;
    Ok(())
}

/// What is remembered now.
pub(super) async fn get(conn: &Conn) -> Res<Option<Transfer>> {
    read(conn, "SELECT value FROM postrider.fact WHERE name = $1").await
}

/// Whether a copy was begun and not brought to its end: nobody may work with what is there.
pub(crate) async fn is_half_copied(conn: &Conn) -> Res<bool> {
    Ok(matches!(get(conn).await?, Some(Transfer { state: TransferState::Copying(_), .. })))
}
