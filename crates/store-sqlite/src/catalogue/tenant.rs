//! Tenants and their routing versions.

use postrider_model::id::{EndpointKey, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{NewAudit, Page, StoreError, Tenant};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{after_key, api_key, audit, page_of, project};
use crate::fault::{Fault, Res};
use crate::upkeep::erasure;
use crate::writer::Writer;

pub(super) fn ensure(conn: &Connection, project: ProjectKey, id: &str, now: Millis) -> Res<Tenant> {
    if let Some(tenant) = by_id(conn, project, id)? {
        return Ok(tenant);
    }
    if !project::lives(conn, project)? {
        return Err(Fault::Store(StoreError::NotFound("project")));
    }
    conn.prepare_cached("INSERT INTO tenant (project, id, routing, created_at) VALUES (?1, ?2, 1, ?3)")?
        .execute(params![project.0, id, now.0])?;
    Ok(Tenant { key: TenantKey(conn.last_insert_rowid()), project, id: id.to_owned(), created_at: now })
}

pub(super) fn by_id(conn: &Connection, project: ProjectKey, id: &str) -> Res<Option<Tenant>> {
    let mut statement = conn.prepare_cached(
        "SELECT key, project, id, created_at FROM tenant WHERE project = ?1 AND id = ?2 AND deleted_at IS NULL",
    )?;
    Ok(statement.query_row(params![project.0, id], tenant).optional()?)
}

pub(super) fn list(
    conn: &Connection,
    project: ProjectKey,
    cursor: Option<&str>,
    limit: usize,
) -> Res<Page<Tenant>> {
    let mut statement = conn.prepare_cached(
        "SELECT key, project, id, created_at FROM tenant
         WHERE project = ?1 AND key < ?2 AND deleted_at IS NULL ORDER BY key DESC LIMIT ?3",
    )?;
    let limit_and_one = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![project.0, after_key(cursor)?, limit_and_one], tenant)?;
    Ok(page_of(rows.collect::<Result<_, _>>()?, limit, |tenant| tenant.key.0.to_string()))
}

pub(super) fn delete(w: &Writer, tenant: TenantKey, now: Millis, entry: &NewAudit) -> Res<Vec<EndpointKey>> {
    let deleted = w
        .conn
        .prepare_cached("UPDATE tenant SET deleted_at = ?2 WHERE key = ?1 AND deleted_at IS NULL")?
        .execute(params![tenant.0, now.0])?;
    if deleted == 0 {
        return Err(Fault::Store(StoreError::NotFound("tenant")));
    }
    let mut endpoints = w.conn.prepare_cached(
        "UPDATE endpoint SET deleted_at = ?2, enabled = 0, revision = revision + 1
         WHERE tenant = ?1 AND deleted_at IS NULL RETURNING key",
    )?;
    let endpoints = endpoints.query_map(params![tenant.0, now.0], |row| row.get(0).map(EndpointKey))?;
    let endpoints = endpoints.collect::<Result<_, _>>()?;
    api_key::revoke_tenant(&w.conn, tenant, now)?;
    bump_routing(w, tenant)?;
    erasure::queue_tenant(&w.conn, tenant)?;
    audit::insert(&w.conn, entry)?;
    Ok(endpoints)
}

/// Counts a tenant's routing version up: what was matched before is stale (DESIGN 2.1).
pub(crate) fn bump_routing(w: &Writer, tenant: TenantKey) -> Res<()> {
    w.conn.prepare_cached("UPDATE tenant SET routing = routing + 1 WHERE key = ?1")?.execute([tenant.0])?;
    w.memory.borrow_mut().forget_tenant_routing(tenant);
    Ok(())
}

fn tenant(row: &Row<'_>) -> rusqlite::Result<Tenant> {
    Ok(Tenant {
        key: TenantKey(row.get(0)?),
        project: ProjectKey(row.get(1)?),
        id: row.get(2)?,
        created_at: Millis(row.get(3)?),
    })
}
