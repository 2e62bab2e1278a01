//! API keys. Of the key itself only its hash is kept.

use postrider_model::id::{KeyId, Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{ApiKey, NewApiKey, NewAudit, Page, StoreError};
use rusqlite::{Connection, Row, params};

use super::{after_key, audit, page_of, project, tenant};
use crate::fault::{Fault, Res};
use crate::row::{json, to_json, uuid};

const SELECT: &str =
    "SELECT k.key, k.id, k.project, k.name, k.mode, k.tenant, t.id, k.scopes, k.prefix, k.created_at
    FROM api_key k LEFT JOIN tenant t ON t.key = k.tenant";

pub(super) fn create(conn: &Connection, new: &NewApiKey, entry: &NewAudit) -> Res<ApiKey> {
    if !project::lives(conn, new.project)? {
        return Err(Fault::Store(StoreError::NotFound("project")));
    }
    let tenant = match &new.tenant {
        Some(id) => Some(tenant::ensure(conn, new.project, id, new.now)?.key),
        None => None,
    };
    conn.prepare_cached(
        "INSERT INTO api_key (id, project, name, mode, tenant, scopes, prefix, hash, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        new.id.0.into_bytes(),
        new.project.0,
        new.name,
        new.mode.bit(),
        tenant.map(|key| key.0),
        to_json(&new.scopes)?,
        new.prefix,
        new.hash,
        new.now.0
    ])?;
    audit::insert(conn, entry)?;
    by_hash(conn, &new.hash)?.ok_or(Fault::Store(StoreError::NotFound("key")))
}

pub(super) fn by_hash(conn: &Connection, hash: &[u8; 32]) -> Res<Option<ApiKey>> {
    let mut statement = conn.prepare_cached(&format!(
        "{SELECT} JOIN project p ON p.key = k.project
         WHERE k.hash = ?1 AND k.revoked_at IS NULL AND p.deleted_at IS NULL"
    ))?;
    let mut rows = statement.query(params![hash.as_slice()])?;
    rows.next()?.map(|row| api_key(row).map(|(_, key)| key)).transpose()
}

pub(super) fn list(
    conn: &Connection,
    project: ProjectKey,
    tenant: Option<TenantKey>,
    cursor: Option<&str>,
    limit: usize,
) -> Res<Page<ApiKey>> {
    let mut statement = conn.prepare_cached(&format!(
        "{SELECT} WHERE k.project = ?1 AND k.key < ?2 AND k.revoked_at IS NULL AND (?4 IS NULL OR k.tenant = ?4)
         ORDER BY k.key DESC LIMIT ?3"
    ))?;
    let limit_and_one = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let tenant = tenant.map(|key| key.0);
    let mut rows = statement.query(params![project.0, after_key(cursor)?, limit_and_one, tenant])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(api_key(row)?);
    }
    let page = page_of(keys, limit, |(key, _)| key.to_string());
    Ok(Page { rows: page.rows.into_iter().map(|(_, key)| key).collect(), next: page.next })
}

pub(super) fn revoke(
    conn: &Connection,
    project: ProjectKey,
    id: KeyId,
    now: Millis,
    entry: &NewAudit,
) -> Res<ApiKey> {
    let not_found = || Fault::Store(StoreError::NotFound("key"));
    let found = {
        let mut statement = conn.prepare_cached(&format!(
            "{SELECT} WHERE k.id = ?1 AND k.project = ?2 AND k.revoked_at IS NULL"
        ))?;
        let mut rows = statement.query(params![id.0.into_bytes(), project.0])?;
        rows.next()?.map(api_key).transpose()?
    };
    let (row, key) = found.ok_or_else(not_found)?;
    conn.prepare_cached("UPDATE api_key SET revoked_at = ?2 WHERE key = ?1")?.execute(params![row, now.0])?;
    audit::insert(conn, entry)?;
    Ok(key)
}

/// Revokes every key of a tenant.
pub(super) fn revoke_tenant(conn: &Connection, tenant: TenantKey, now: Millis) -> Res<()> {
    conn.prepare_cached(
        "UPDATE api_key SET revoked_at = ?2 WHERE revoked_at IS NULL AND tenant = ?1
         AND project = (SELECT project FROM tenant WHERE key = ?1)",
    )?
    .execute(params![tenant.0, now.0])?;
    Ok(())
}

fn api_key(row: &Row<'_>) -> Res<(i64, ApiKey)> {
    let (key, scopes): (i64, String) = (row.get(0)?, row.get(7)?);
    let tenant = match (row.get::<_, Option<i64>>(5)?, row.get::<_, Option<String>>(6)?) {
        (Some(key), Some(id)) => Some((TenantKey(key), id)),
        (None, _) => None,
        // A customer's key must never turn into one of the whole project.
        (Some(tenant), None) => {
            return Err(Fault::corrupt("api_key", "tenant", key, format!("no tenant {tenant}")));
        }
    };
    let api_key = ApiKey {
        id: KeyId(uuid(row, 1)?),
        project: ProjectKey(row.get(2)?),
        name: row.get(3)?,
        mode: Mode::from_bit(row.get(4)?),
        tenant,
        scopes: json("api_key", "scopes", key, &scopes)?,
        prefix: row.get(8)?,
        created_at: Millis(row.get(9)?),
    };
    Ok((key, api_key))
}
