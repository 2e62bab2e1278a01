//! A commit whose end is not known, because the connection was lost: PostgreSQL remembers what became of a transaction.

use std::time::Duration;

use postrider_model::id::Ordinal;
use postrider_store::StoreError;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::fault::Res;
use crate::store::PostgresStore;

const STATUS: &str = "SELECT pg_xact_status($1::text::xid8)";
const THERE: &str = "SELECT 1 FROM postrider.event WHERE id = $1 AND class = $2";
/// Waits, as every commit, until a synchronous standby has it, and so what was committed before.
const AFTER: &str = "INSERT INTO postrider.fact (name, value) VALUES ('last_resolved', '')
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// The longest pause between two questions.
const PAUSE: Duration = Duration::from_millis(500);

/// Waits until it is known what became of a transaction, however long the server is away. `first` is an event that it
/// wrote: after a failover another transaction may have the number.
///
/// # Errors
/// [`StoreError::Unavailable`]: nothing was written.
pub(super) async fn resolve(
    store: &PostgresStore,
    xact: i64,
    first: Option<(Ordinal, i16)>,
) -> Result<(), StoreError> {
    let mut pause = Duration::from_millis(10);
    tracing::warn!(xact, "the connection was lost in a commit; looking whether it is done");
    loop {
        match ask(store, xact, first).await {
            Ok(Some(true)) => return Ok(()),
            Ok(Some(false)) => {
                return Err(StoreError::Unavailable("the connection was lost before the commit".to_owned()));
            }
            Ok(None) => {}
            Err(fault) if store.is_shut() => return Err(fault.into()),
            Err(fault) => tracing::debug!(?fault, "the server does not say yet"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE);
    }
}

/// Whether it is committed; `None` while it is under way.
async fn ask(store: &PostgresStore, xact: i64, first: Option<(Ordinal, i16)>) -> Res<Option<bool>> {
    let conn = store.vital().await?;
    let status = conn.query_opt(STATUS, &[(&xact.to_string(), Type::TEXT)]).await;
    let status: Option<String> = match status {
        Ok(Some(row)) => row.try_get(0)?,
        Ok(None) => None,
        // It lies in the future of this server.
        Err(fault) if fault.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => return Ok(Some(false)),
        Err(fault) => return Err(fault),
    };
    match (status.as_deref(), first) {
        (Some("in progress"), _) => return Ok(None),
        (Some("aborted"), _) => return Ok(Some(false)),
        (_, Some((event, class))) => {
            let there = conn.query_opt(THERE, &[(&event.0, Type::INT8), (&class, Type::INT2)]).await?;
            if there.is_none() {
                return Ok(Some(false));
            }
        }
        // Without an event in it, what is not certain may be done again.
        (Some("committed"), None) => {}
        (_, None) => return Ok(Some(false)),
    }
    conn.execute(AFTER, &[]).await?;
    Ok(Some(true))
}
