//! The audit log.

use postrider_model::time::Millis;
use postrider_store::{AuditEntry, AuditQuery, NewAudit, Page};
use rusqlite::{Connection, params};

use super::{after_key, page_of};
use crate::fault::Res;
use crate::row::{json, to_json};

/// Writes an entry with the change it tells of.
pub(crate) fn insert(conn: &Connection, audit: &NewAudit) -> Res<()> {
    conn.prepare_cached(
        "INSERT INTO audit (project, tenant, actor, action, target, detail, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        audit.project.map(|project| project.0),
        audit.tenant,
        audit.actor,
        audit.action,
        audit.target,
        to_json(&audit.detail)?,
        audit.at.0
    ])?;
    Ok(())
}

pub(super) fn list(conn: &Connection, query: &AuditQuery) -> Res<Page<AuditEntry>> {
    let mut statement = conn.prepare_cached(
        "SELECT key, at, actor, action, target, tenant, detail FROM audit
         WHERE project = ?1 AND key < ?2 AND (?3 IS NULL OR tenant = ?3) AND (?4 IS NULL OR action = ?4)
         AND at >= ?5 AND at < ?6 ORDER BY key DESC LIMIT ?7",
    )?;
    let mut rows = statement.query(params![
        query.project.0,
        after_key(query.cursor.as_deref())?,
        query.tenant,
        query.action,
        query.since.unwrap_or(Millis::MIN).0,
        query.until.unwrap_or(Millis::MAX).0,
        i64::try_from(query.limit + 1).unwrap_or(i64::MAX),
    ])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let (key, detail): (i64, String) = (row.get(0)?, row.get(6)?);
        let entry = AuditEntry {
            at: Millis(row.get(1)?),
            actor: row.get(2)?,
            action: row.get(3)?,
            target: row.get(4)?,
            tenant: row.get(5)?,
            detail: json("audit", "detail", key, &detail)?,
        };
        entries.push((key, entry));
    }
    let page = page_of(entries, query.limit, |(key, _)| key.to_string());
    Ok(Page { rows: page.rows.into_iter().map(|(_, entry)| entry).collect(), next: page.next })
}
