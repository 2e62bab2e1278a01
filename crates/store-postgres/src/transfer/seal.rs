//! The end of a copy.

use postrider_model::time::Millis;
use postrider_store::transfer::{Copied, Settlement, Table, Transfer, TransferError, TransferState};
use tokio_postgres::types::Type;

use super::{failed, kept};
use crate::conn::Conn;
use crate::fault::Res;
use crate::store::PostgresStore;

/// The number of a node that never was: it has the unfinished match sets until the first node buries it.
pub(super) const NOBODY: i16 = 63;

/// Sets everything that counts on behind what came.
pub(super) async fn seal(
    store: &PostgresStore,
    copy: &Copied,
    settlement: &Settlement,
) -> Result<(), TransferError> {
    let tx = store.begin().await.map_err(failed)?;
    match kept::locked(&tx).await.map_err(failed)? {
        Some(Transfer { copied, state: TransferState::Copying(None) }) if copied.copy == copy.copy => {}
        _ => return Err(TransferError::Elsewhere),
    }
    for (table, highest) in &settlement.numbered {
        count_on(&tx, *table, *highest).await.map_err(failed)?;
    }
    tx.run("SELECT setval('postrider.place', greatest(coalesce(max(place), 0), 1)) FROM postrider.pending")
        .await
        .map_err(failed)?;
    leave_fanouts(&tx, settlement).await.map_err(failed)?;
    tx.commit().await?;
    // Nothing is known yet of how the rows are spread.
    let conn = store.conn().await.map_err(failed)?;
    conn.run("ANALYZE postrider.event, postrider.delivery, postrider.pending, postrider.idempotency, postrider.endpoint")
        .await
        .map_err(failed)
}

async fn count_on(conn: &Conn, table: Table, highest: i64) -> Res<()> {
    let table = table.name();
    conn.query(
        &format!(
            "SELECT setval(pg_get_serial_sequence('postrider.{table}', 'key'), greatest(highest, 1), highest > 0)
             FROM (SELECT greatest($1, coalesce(max(key), 0)) AS highest FROM postrider.{table}) counted"
        ),
        &[(&highest, Type::INT8)],
    )
    .await?;
    Ok(())
}

/// Match sets that are not written out must be somebody's: a node's whose lease has ended, so that the first one that
/// looks takes them over as it takes over whatever a dead node left.
async fn leave_fanouts(conn: &Conn, settlement: &Settlement) -> Res<()> {
    conn.execute("DELETE FROM postrider.node WHERE number = $1", &[(&NOBODY, Type::INT2)]).await?;
    conn.execute(
        "INSERT INTO postrider.node (number, generation, name, address, version, serves, works, started_at, beat_at,
             lease, low_water, leaving, queued, in_flight, oldest_due)
         SELECT $1, nextval('postrider.generation'), 'migrate-store', '', '', false, false, clock_timestamp(),
             clock_timestamp() - interval '1 hour', interval '1 second', $2, true, 0, 0, NULL
         WHERE EXISTS (SELECT 1 FROM postrider.fanout)",
        &[(&NOBODY, Type::INT2), (&(settlement.highest.0 + 1), Type::INT8)],
    )
    .await?;
    Ok(())
}

/// Nodes may start from now on.
pub(super) async fn open_for_use(
    store: &PostgresStore,
    copy: &Copied,
    now: Millis,
) -> Result<(), TransferError> {
    let tx = store.begin().await.map_err(failed)?;
    match kept::locked(&tx).await.map_err(failed)? {
        Some(Transfer { copied, state }) if copied.copy == copy.copy => match state {
            TransferState::Moved(_) => return Ok(()),
            TransferState::Copying(None) => {}
            TransferState::Copying(Some(_)) => return Err(TransferError::Elsewhere),
        },
        _ => return Err(TransferError::Elsewhere),
    }
    let transfer = Transfer { copied: copy.clone(), state: TransferState::Moved(now) };
    kept::set(&tx, &transfer).await.map_err(failed)?;
    Ok(tx.commit().await?)
}
