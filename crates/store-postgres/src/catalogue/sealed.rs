//! What is sealed of endpoints, row by row.

use postrider_model::id::EndpointKey;
use postrider_store::{Endpoint, Reseal, Signal};
use tokio_postgres::types::Type;

use super::endpoint_row::select;
use super::{Tell, audit};
use crate::conn::Conn;
use crate::fault::Res;
use crate::row::limit;
use postrider_model::id::TenantKey;

pub(super) async fn after(conn: &Conn, after: EndpointKey, most: usize) -> Res<Vec<Endpoint>> {
    let params = &[(&after.0 as _, Type::INT8), (&limit(most) as _, Type::INT8)];
    select(conn, "WHERE e.key > $1 ORDER BY e.key LIMIT $2", params).await
}

pub(super) async fn write(tx: &Tell, batch: &[Reseal]) -> Res<usize> {
    let mut written = 0;
    for one in batch {
        let row = tx
            .query_opt(
                "UPDATE postrider.endpoint SET sealed = $3 WHERE key = $1 AND sealed = $2 RETURNING tenant",
                &[
                    (&one.endpoint.0, Type::INT8),
                    (&&one.before[..], Type::BYTEA),
                    (&&one.sealed[..], Type::BYTEA),
                ],
            )
            .await?;
        let Some(row) = row else { continue };
        written += 1;
        // Other nodes have what was sealed before in memory.
        tx.tell(&Signal::Endpoint(TenantKey(row.try_get(0)?), one.endpoint)).await?;
        if let Some(entry) = &one.audit {
            audit::insert(tx, entry).await?;
        }
    }
    Ok(written)
}
