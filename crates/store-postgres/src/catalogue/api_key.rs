//! API keys. Of the key itself only its hash is kept.

use postrider_model::id::{KeyId, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{ApiKey, NewApiKey, NewAudit, Page, Signal, StoreError};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Tell, audit, project, tenant};
use crate::conn::Conn;
use crate::fault::{Fault, Res};
use crate::row::{json, limit, millis, mode, mode_bit, to_json};
use postrider_store::paging::{after_key, numbered_page};

const SELECT: &str =
    "SELECT k.key, k.id, k.project, k.name, k.mode, k.tenant, t.id, k.scopes, k.prefix, k.created_at
     FROM postrider.api_key k LEFT JOIN postrider.tenant t ON t.key = k.tenant";

pub(super) async fn create(tx: &Conn, new: &NewApiKey, entry: &NewAudit) -> Res<ApiKey> {
    project::must_live(tx, new.project).await?;
    let tenant = match &new.tenant {
        Some(id) => Some(tenant::ensure(tx, new.project, id, new.now).await?.key),
        None => None,
    };
    let made = tx
        .execute(
            "INSERT INTO postrider.api_key (id, project, name, mode, tenant, scopes, prefix, hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                (&new.id.0, Type::UUID),
                (&new.project.0, Type::INT8),
                (&new.name, Type::TEXT),
                (&mode_bit(new.mode), Type::INT2),
                (&tenant.map(|key| key.0), Type::INT8),
                (&to_json(&new.scopes)?, Type::TEXT),
                (&new.prefix, Type::TEXT),
                (&new.hash.as_slice(), Type::BYTEA),
                (&new.now.0, Type::INT8),
            ],
        )
        .await;
    made.map_err(|fault| if fault.is_duplicate() { Fault::Store(StoreError::Exists("key")) } else { fault })?;
    audit::insert(tx, entry).await?;
    by_hash(tx, &new.hash).await?.ok_or(NOT_FOUND)
}

const NOT_FOUND: Fault = Fault::Store(StoreError::NotFound("key"));

pub(super) async fn by_hash(conn: &Conn, hash: &[u8; 32]) -> Res<Option<ApiKey>> {
    let row = conn
        .query_opt(
            &format!(
                "{SELECT} JOIN postrider.project p ON p.key = k.project
                 WHERE k.hash = $1 AND k.revoked_at IS NULL AND p.deleted_at IS NULL"
            ),
            &[(&hash.as_slice(), Type::BYTEA)],
        )
        .await?;
    row.as_ref().map(|row| api_key(row).map(|(_, key)| key)).transpose()
}

pub(super) async fn list(
    conn: &Conn,
    project: ProjectKey,
    tenant: Option<TenantKey>,
    cursor: Option<&str>,
    most: usize,
) -> Res<Page<ApiKey>> {
    let rows = conn
        .query(
            &format!(
                "{SELECT} WHERE k.project = $1 AND k.key < $2 AND k.revoked_at IS NULL
                 AND ($4::bigint IS NULL OR k.tenant = $4) ORDER BY k.key DESC LIMIT $3"
            ),
            &[
                (&project.0, Type::INT8),
                (&after_key(cursor)?, Type::INT8),
                (&limit(most + 1), Type::INT8),
                (&tenant.map(|key| key.0), Type::INT8),
            ],
        )
        .await?;
    Ok(numbered_page(rows.iter().map(api_key).collect::<Res<Vec<_>>>()?, most))
}

pub(super) async fn revoke(
    tx: &Tell,
    project: ProjectKey,
    id: KeyId,
    now: Millis,
    entry: &NewAudit,
) -> Res<ApiKey> {
    // Of two that revoke it at once the second waits and finds it revoked.
    let row = tx
        .query_opt(
            &format!("{SELECT} WHERE k.id = $1 AND k.project = $2 AND k.revoked_at IS NULL FOR UPDATE OF k"),
            &[(&id.0, Type::UUID), (&project.0, Type::INT8)],
        )
        .await?;
    let (row, key) = api_key(&row.ok_or(NOT_FOUND)?)?;
    tx.execute(
        "UPDATE postrider.api_key SET revoked_at = $2 WHERE key = $1",
        &[(&row, Type::INT8), (&now.0, Type::INT8)],
    )
    .await?;
    tx.tell(&Signal::Keys).await?;
    audit::insert(tx, entry).await?;
    Ok(key)
}

/// Revokes every key of a tenant; whether there was one.
pub(super) async fn revoke_tenant(tx: &Conn, tenant: TenantKey, now: Millis) -> Res<bool> {
    let revoked = tx
        .execute(
            "UPDATE postrider.api_key SET revoked_at = $2 WHERE revoked_at IS NULL AND tenant = $1",
            &[(&tenant.0, Type::INT8), (&now.0, Type::INT8)],
        )
        .await?;
    Ok(revoked > 0)
}

fn api_key(row: &Row) -> Res<(i64, ApiKey)> {
    let (key, scopes): (i64, &str) = (row.try_get(0)?, row.try_get(7)?);
    let tenant = match (row.try_get::<_, Option<i64>>(5)?, row.try_get::<_, Option<String>>(6)?) {
        (Some(key), Some(id)) => Some((TenantKey(key), id)),
        (None, _) => None,
        // A customer's key must never turn into one of the whole project.
        (Some(tenant), None) => {
            return Err(Fault::corrupt("api_key", "tenant", key, format!("no tenant {tenant}")));
        }
    };
    let api_key = ApiKey {
        id: KeyId(row.try_get(1)?),
        project: ProjectKey(row.try_get(2)?),
        name: row.try_get(3)?,
        mode: mode(row, 4)?,
        tenant,
        scopes: json("api_key", "scopes", key, scopes)?,
        prefix: row.try_get(8)?,
        created_at: millis(row, 9)?,
    };
    Ok((key, api_key))
}
