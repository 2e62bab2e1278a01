//! Endpoints. Every change of one counts its tenant's routing version up in the same transaction.

use postrider_model::endpoint::DisabledReason;
use postrider_model::id::{EndpointId, EndpointKey, Mode, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{Endpoint, EndpointChange, EndpointPatch, NewAudit, NewEndpoint, Scope, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use super::endpoint_row::select;
use super::{audit, tenant};
use crate::fault::{Fault, Res};
use crate::row::to_json;
use crate::writer::Writer;
use crate::writer::memory::ROUTING;

pub(super) fn create(w: &Writer, new: &NewEndpoint, limit: Option<u32>, entry: &NewAudit) -> Res<Endpoint> {
    let conn = &w.conn;
    let lives = conn
        .prepare_cached("SELECT 1 FROM tenant WHERE key = ?1 AND project = ?2 AND deleted_at IS NULL")?
        .query_row(params![new.tenant.0, new.project.0], |_| Ok(()))
        .optional()?;
    if lives.is_none() {
        return Err(Fault::Store(StoreError::NotFound("tenant")));
    }
    if new.enabled {
        check_limit(conn, new.tenant, new.mode, limit)?;
    }
    let (disabled_at, reason) =
        if new.enabled { (None, None) } else { (Some(new.now.0), Some(DisabledReason::Manual.code())) };
    conn.prepare_cached(
        "INSERT INTO endpoint (id, project, mode, tenant, config, sealed, enabled, disabled_at, disabled_reason,
         created_at, updated_at, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, 1)",
    )?
    .execute(params![
        new.id.0.into_bytes(),
        new.project.0,
        new.mode.bit(),
        new.tenant.0,
        to_json(&new.config)?,
        &new.sealed[..],
        new.enabled,
        disabled_at,
        reason,
        new.now.0
    ])?;
    let key = EndpointKey(conn.last_insert_rowid());
    tenant::bump_routing(w, new.tenant)?;
    audit::insert(conn, entry)?;
    by_key(conn, key)?.ok_or(Fault::Store(StoreError::NotFound("endpoint")))
}

fn check_limit(conn: &Connection, tenant: TenantKey, mode: Mode, limit: Option<u32>) -> Res<()> {
    let Some(limit) = limit else { return Ok(()) };
    let active: u32 = conn
        .prepare_cached(
            "SELECT count(*) FROM endpoint WHERE tenant = ?1 AND mode = ?2 AND enabled = 1 AND deleted_at IS NULL",
        )?
        .query_row(params![tenant.0, mode.bit()], |row| row.get(0))?;
    if active >= limit { Err(Fault::Store(StoreError::Limit("active endpoints"))) } else { Ok(()) }
}

pub(super) fn by_id(conn: &Connection, scope: Scope, id: EndpointId) -> Res<Option<Endpoint>> {
    let found = select(
        conn,
        "WHERE e.id = ?1 AND e.project = ?2 AND e.mode = ?3 AND (?4 IS NULL OR e.tenant = ?4)
         AND t.deleted_at IS NULL",
        params![id.0.into_bytes(), scope.project.0, scope.mode.bit(), scope.tenant.map(|tenant| tenant.0)],
    )?;
    Ok(found.into_iter().next())
}

pub(super) fn by_key(conn: &Connection, key: EndpointKey) -> Res<Option<Endpoint>> {
    Ok(select(conn, "WHERE e.key = ?1", [key.0])?.into_iter().next())
}

pub(super) fn routes(conn: &Connection, tenant: TenantKey) -> Res<(u64, Vec<Endpoint>)> {
    let version: Option<i64> =
        conn.prepare_cached(ROUTING)?.query_row([tenant.0], |row| row.get(0)).optional()?;
    let version = version.ok_or(Fault::Store(StoreError::NotFound("tenant")))?;
    let endpoints =
        select(conn, "WHERE e.tenant = ?1 AND e.deleted_at IS NULL ORDER BY e.mode, e.key", [tenant.0])?;
    Ok((version.cast_unsigned(), endpoints))
}

pub(super) fn update(
    w: &Writer,
    key: EndpointKey,
    patch: &EndpointPatch,
    limit: Option<u32>,
    entry: &NewAudit,
) -> Res<Option<Endpoint>> {
    let conn = &w.conn;
    let before = by_key(conn, key)?.filter(|endpoint| endpoint.deleted_at.is_none());
    let before = before.ok_or(Fault::Store(StoreError::NotFound("endpoint")))?;
    if before.revision != patch.revision {
        return Ok(None);
    }
    conn.prepare_cached(
        "UPDATE endpoint SET config = coalesce(?2, config), sealed = coalesce(?3, sealed), updated_at = ?4,
         revision = revision + 1 WHERE key = ?1",
    )?
    .execute(params![
        key.0,
        patch.config.as_ref().map(to_json).transpose()?,
        patch.sealed.as_deref(),
        patch.now.0
    ])?;
    match patch.change {
        Some(EndpointChange::Enable) if !before.enabled => {
            check_limit(conn, before.tenant, before.mode, limit)?;
            enable(conn, key)?;
        }
        Some(EndpointChange::Disable(reason)) if before.enabled => disable(conn, key, reason, patch.now)?,
        _ => {}
    }
    tenant::bump_routing(w, before.tenant)?;
    audit::insert(conn, entry)?;
    by_key(conn, key)
}

fn enable(conn: &Connection, key: EndpointKey) -> Res<()> {
    conn.prepare_cached(
        "UPDATE endpoint SET enabled = 1, disabled_at = NULL, disabled_reason = NULL, failure_count = 0,
         failing_since = NULL WHERE key = ?1",
    )?
    .execute([key.0])?;
    Ok(())
}

fn disable(conn: &Connection, key: EndpointKey, reason: DisabledReason, now: Millis) -> Res<()> {
    conn.prepare_cached(
        "UPDATE endpoint SET enabled = 0, disabled_at = ?2, disabled_reason = ?3 WHERE key = ?1",
    )?
    .execute(params![key.0, now.0, reason.code()])?;
    Ok(())
}

pub(super) fn delete(w: &Writer, key: EndpointKey, now: Millis, entry: &NewAudit) -> Res<()> {
    let tenant: Option<i64> = w
        .conn
        .prepare_cached(
            "UPDATE endpoint SET deleted_at = ?2, enabled = 0, updated_at = ?2, revision = revision + 1
             WHERE key = ?1 AND deleted_at IS NULL RETURNING tenant",
        )?
        .query_row(params![key.0, now.0], |row| row.get(0))
        .optional()?;
    let tenant = tenant.ok_or(Fault::Store(StoreError::NotFound("endpoint")))?;
    tenant::bump_routing(w, TenantKey(tenant))?;
    audit::insert(&w.conn, entry)
}
