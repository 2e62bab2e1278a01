//! The beginning of a copy: into a database that is empty, or into what the same copy left.

use postrider_store::transfer::{Begun, Copied, Position, Transfer, TransferError, TransferState};
use tokio_postgres::types::Type;

use super::{failed, kept};
use crate::conn::{Conn, Tx};
use crate::fault::Res;
use crate::store::PostgresStore;

/// "copyride" in ASCII: the advisory lock under which copies begin.
const LOCK: i64 = 0x636f_7079_7269_6465;

/// Begins, or says how far the copy has come.
pub(super) async fn begin(store: &PostgresStore, copy: &Copied) -> Result<Begun, TransferError> {
    let tx = store.begin().await.map_err(failed)?;
    tx.query("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)]).await.map_err(failed)?;
    let kept = kept::locked(&tx).await.map_err(failed)?;
    let Some(Transfer { copied, state }) = kept else {
        refuse_occupied(&tx).await?;
        return anew(tx, copy, false).await;
    };
    match state {
        TransferState::Moved(_) => {
            Err(TransferError::Occupied("an installation that was moved into it".to_owned()))
        }
        TransferState::Copying(_) if copied.salt != copy.salt => {
            Err(TransferError::Occupied("a half copy of another installation".to_owned()))
        }
        TransferState::Copying(position) if copied.copy == copy.copy => {
            Ok(Begun { position, resumed: true, emptied: false })
        }
        // The source was used since, so what came is not what is there now.
        TransferState::Copying(_) => anew(tx, copy, true).await,
    }
}

async fn anew(tx: Tx, copy: &Copied, emptied: bool) -> Result<Begun, TransferError> {
    empty(&tx).await.map_err(failed)?;
    let position = Some(Position::START);
    let transfer = Transfer { copied: copy.clone(), state: TransferState::Copying(position.clone()) };
    kept::set(&tx, &transfer).await.map_err(failed)?;
    tx.commit().await?;
    Ok(Begun { position, resumed: false, emptied })
}

/// A database that somebody uses, or has used, is left alone.
async fn refuse_occupied(conn: &Conn) -> Result<(), TransferError> {
    let nodes = conn
        .query(
            "SELECT name FROM postrider.node WHERE beat_at + lease > clock_timestamp() ORDER BY number",
            &[],
        )
        .await
        .map_err(failed)?;
    if !nodes.is_empty() {
        let names = nodes.iter().map(|row| row.try_get::<_, String>(0).unwrap_or_default());
        return Err(TransferError::Nodes(names.collect::<Vec<_>>().join(", ")));
    }
    let row = conn
        .query_one(
            "SELECT EXISTS (SELECT 1 FROM postrider.project), EXISTS (SELECT 1 FROM postrider.event),
                    EXISTS (SELECT 1 FROM postrider.audit)",
            &[],
        )
        .await
        .map_err(failed)?;
    let there = |index: usize| row.try_get::<_, bool>(index).unwrap_or(true);
    if there(0) || there(1) || there(2) {
        return Err(TransferError::Occupied("another installation".to_owned()));
    }
    Ok(())
}

/// Removes everything but the schema, of which the classes of retention are a part: they have tables of their own.
async fn empty(conn: &Conn) -> Res<()> {
    conn.run(
        "TRUNCATE postrider.fact, postrider.project, postrider.tenant, postrider.type_name, postrider.event_type,
             postrider.api_key, postrider.endpoint, postrider.replay, postrider.audit, postrider.stat,
             postrider.project_stat,
             postrider.erasure, postrider.late, postrider.idempotency, postrider.event,
             postrider.delivery, postrider.pending, postrider.fanout, postrider.node, postrider.signal, postrider.erased,
             postrider.portal_link, postrider.session, postrider.form;
         UPDATE postrider.retention SET mark = 0;
         UPDATE postrider.slot SET owner = NULL, epoch = epoch + 1 WHERE owner IS NOT NULL",
    )
    .await
}
