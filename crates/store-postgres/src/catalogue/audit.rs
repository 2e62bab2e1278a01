//! The audit log.

use postrider_model::time::Millis;
use postrider_store::{AuditEntry, AuditQuery, NewAudit, Page};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::conn::Conn;
use crate::fault::Res;
use crate::row::{json, limit, millis, to_json};
use postrider_store::paging::{after_key, numbered_page};

/// Writes an entry with the change it tells of.
pub(crate) async fn insert(tx: &Conn, audit: &NewAudit) -> Res<()> {
    tx.execute(
        "INSERT INTO postrider.audit (project, tenant, actor, action, target, detail, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&audit.project.map(|project| project.0), Type::INT8),
            (&audit.tenant, Type::TEXT),
            (&audit.actor, Type::TEXT),
            (&audit.action, Type::TEXT),
            (&audit.target, Type::TEXT),
            (&to_json(&audit.detail)?, Type::TEXT),
            (&audit.at.0, Type::INT8),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn list(conn: &Conn, query: &AuditQuery) -> Res<Page<AuditEntry>> {
    let rows = conn
        .query(
            "SELECT key, at, actor, action, target, tenant, detail FROM postrider.audit
             WHERE project = $1 AND key < $2 AND ($3 IS NULL OR tenant = $3) AND ($4 IS NULL OR action = $4)
             AND at >= $5 AND at < $6 ORDER BY key DESC LIMIT $7",
            &[
                (&query.project.0, Type::INT8),
                (&after_key(query.cursor.as_deref())?, Type::INT8),
                (&query.tenant, Type::TEXT),
                (&query.action, Type::TEXT),
                (&query.since.unwrap_or(Millis::MIN).0, Type::INT8),
                (&query.until.unwrap_or(Millis::MAX).0, Type::INT8),
                (&limit(query.limit + 1), Type::INT8),
            ],
        )
        .await?;
    let entries = rows.iter().map(entry).collect::<Res<Vec<_>>>()?;
    Ok(numbered_page(entries, query.limit))
}

fn entry(row: &Row) -> Res<(i64, AuditEntry)> {
    let (key, detail): (i64, &str) = (row.try_get(0)?, row.try_get(6)?);
    let entry = AuditEntry {
        at: millis(row, 1)?,
        actor: row.try_get(2)?,
        action: row.try_get(3)?,
        target: row.try_get(4)?,
        tenant: row.try_get(5)?,
        detail: json("audit", "detail", key, detail)?,
    };
    Ok((key, entry))
}
