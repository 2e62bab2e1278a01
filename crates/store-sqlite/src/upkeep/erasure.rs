//! Erasing tenants and projects that were deleted.

use postrider_model::id::{ProjectKey, TenantKey};
use rusqlite::{Connection, params};

use crate::fault::Res;

const TENANT: i64 = 0;
const PROJECT: i64 = 1;

/// Queues a deleted tenant's rows for erasure.
pub(crate) fn queue_tenant(conn: &Connection, tenant: TenantKey) -> Res<()> {
    queue(conn, TENANT, tenant.0)
}

/// Queues a deleted project's rows for erasure.
pub(crate) fn queue_project(conn: &Connection, project: ProjectKey) -> Res<()> {
    queue(conn, PROJECT, project.0)
}

fn queue(conn: &Connection, kind: i64, key: i64) -> Res<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO erasure (kind, key, mark) VALUES (?1, ?2, 0)")?
        .execute(params![kind, key])?;
    Ok(())
}
