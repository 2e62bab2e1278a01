//! What the directory remembers of a move.

use postrider_store::transfer::{TRANSFER_FACT, Transfer, TransferState};
use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::{Fault, Res};

/// What is remembered.
pub(super) fn get(conn: &Connection) -> Res<Option<Transfer>> {
    let mut kept = conn.prepare_cached("SELECT value FROM fact WHERE name = ?1")?;
    let kept: Option<Vec<u8>> = kept.query_row([TRANSFER_FACT], |row| row.get(0)).optional()?;
    let broken = |error| Fault::corrupt("fact", "value", TRANSFER_FACT, error);
    kept.map(|kept| serde_json::from_slice(&kept).map_err(broken)).transpose()
}

/// Remembers, or forgets.
pub(super) fn set(conn: &Connection, transfer: Option<&Transfer>) -> Res<()> {
    let Some(transfer) = transfer else {
        conn.execute("DELETE FROM fact WHERE name = ?1", [TRANSFER_FACT])?;
        return Ok(());
    };
    let text = serde_json::to_vec(transfer)
        .map_err(|error| Fault::corrupt("fact", "value", TRANSFER_FACT, error))?;
    conn.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?1, ?2)", params![TRANSFER_FACT, text])?;
    Ok(())
}

/// For whoever opens the store to work with it. Where the installation has moved to, if it has. A copy that was begun
/// is not one of this store any more once the store changes, so it is forgotten here and begins anew.
pub(crate) fn check_or_forget(conn: &Connection) -> Res<Option<String>> {
    match get(conn)? {
        Some(Transfer { copied, state: TransferState::Moved(_) }) => Ok(Some(copied.to)),
        Some(Transfer { state: TransferState::Copying(_), .. }) => set(conn, None).map(|()| None),
        None => Ok(None),
    }
}
