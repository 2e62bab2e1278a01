//! Endpoints. Every change of one counts its tenant's routing version up in the same transaction, and locks the tenant's
//! row first: what is checked of its endpoints holds until the transaction's end.

use postrider_model::endpoint::DisabledReason;
use postrider_model::id::{EndpointId, EndpointKey, Mode, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{
    Endpoint, EndpointChange, EndpointPatch, NewAudit, NewEndpoint, Scope, Signal, StoreError,
};
use tokio_postgres::types::Type;

use super::endpoint_row::{COLUMNS, endpoint, select};
use super::{Tell, audit, tenant};
use crate::conn::Conn;
use crate::fault::{Fault, Res};
use crate::row::{mode_bit, to_json};

const NOT_FOUND: Fault = Fault::Store(StoreError::NotFound("endpoint"));

pub(super) async fn create(
    tx: &Tell,
    new: &NewEndpoint,
    active: Option<u32>,
    entry: &NewAudit,
) -> Res<Endpoint> {
    let lives = tx
        .execute(
            "UPDATE postrider.tenant SET routing = routing + 1
             WHERE key = $1 AND project = $2 AND deleted_at IS NULL",
            &[(&new.tenant.0, Type::INT8), (&new.project.0, Type::INT8)],
        )
        .await?;
    if lives == 0 {
        return Err(Fault::Store(StoreError::NotFound("tenant")));
    }
    if new.enabled {
        check_limit(tx, new.tenant, new.mode, active).await?;
    }
    let key = insert(tx, new).await.map_err(|fault| {
        if fault.is_duplicate() { Fault::Store(StoreError::Exists("endpoint")) } else { fault }
    })?;
    tx.tell(&Signal::Endpoint(new.tenant, key)).await?;
    audit::insert(tx, entry).await?;
    by_key(tx, key).await?.ok_or(NOT_FOUND)
}

async fn insert(tx: &Conn, new: &NewEndpoint) -> Res<EndpointKey> {
    let (disabled_at, reason) =
        if new.enabled { (None, None) } else { (Some(new.now.0), Some(DisabledReason::Manual.code())) };
    let row = tx
        .query_one(
            "INSERT INTO postrider.endpoint (id, project, mode, tenant, config, sealed, enabled, disabled_at,
             disabled_reason, created_at, updated_at, revision)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 1) RETURNING key",
            &[
                (&new.id.0, Type::UUID),
                (&new.project.0, Type::INT8),
                (&mode_bit(new.mode), Type::INT2),
                (&new.tenant.0, Type::INT8),
                (&to_json(&new.config)?, Type::TEXT),
                (&&new.sealed[..], Type::BYTEA),
                (&new.enabled, Type::BOOL),
                (&disabled_at, Type::INT8),
                (&reason, Type::INT2),
                (&new.now.0, Type::INT8),
            ],
        )
        .await?;
    Ok(EndpointKey(row.try_get(0)?))
}

/// Under the lock of the tenant's row.
async fn check_limit(tx: &Conn, tenant: TenantKey, mode: Mode, active: Option<u32>) -> Res<()> {
    let Some(most) = active else { return Ok(()) };
    let row = tx
        .query_one(
            "SELECT count(*) FROM postrider.endpoint
             WHERE tenant = $1 AND mode = $2 AND enabled AND deleted_at IS NULL",
            &[(&tenant.0, Type::INT8), (&mode_bit(mode), Type::INT2)],
        )
        .await?;
    if row.try_get::<_, i64>(0)? >= i64::from(most) {
        return Err(Fault::Store(StoreError::Limit("active endpoints")));
    }
    Ok(())
}

pub(super) async fn by_id(conn: &Conn, scope: Scope, id: EndpointId) -> Res<Option<Endpoint>> {
    let found = select(
        conn,
        "WHERE e.id = $1 AND e.project = $2 AND e.mode = $3 AND ($4 IS NULL OR e.tenant = $4)
         AND t.deleted_at IS NULL",
        &[
            (&id.0, Type::UUID),
            (&scope.project.0, Type::INT8),
            (&mode_bit(scope.mode), Type::INT2),
            (&scope.tenant.map(|tenant| tenant.0), Type::INT8),
        ],
    )
    .await?;
    Ok(found.into_iter().next())
}

pub(super) async fn by_key(conn: &Conn, key: EndpointKey) -> Res<Option<Endpoint>> {
    Ok(select(conn, "WHERE e.key = $1", &[(&key.0, Type::INT8)]).await?.into_iter().next())
}

pub(super) async fn by_keys(conn: &Conn, keys: &[EndpointKey]) -> Res<Vec<Endpoint>> {
    let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
    select(conn, "WHERE e.key = ANY($1)", &[(&keys, Type::INT8_ARRAY)]).await
}

/// In one statement, so that both are of one snapshot.
pub(super) async fn routes(conn: &Conn, tenant: TenantKey) -> Res<(u64, Vec<Endpoint>)> {
    // Both parts of the version only ever grow, so that every change of either makes another sum.
    let rows = conn
        .query(
            &format!(
                "SELECT {COLUMNS}, t.routing + p.routing, e.key IS NOT NULL
                 FROM postrider.tenant t JOIN postrider.project p ON p.key = t.project
                 LEFT JOIN postrider.endpoint e ON e.tenant = t.key AND e.deleted_at IS NULL
                 WHERE t.key = $1 AND t.deleted_at IS NULL ORDER BY e.mode, e.key"
            ),
            &[(&tenant.0, Type::INT8)],
        )
        .await?;
    let first = rows.first().ok_or(Fault::Store(StoreError::NotFound("tenant")))?;
    let version: i64 = first.try_get(20)?;
    if !first.try_get::<_, bool>(21)? {
        return Ok((version.cast_unsigned(), Vec::new()));
    }
    Ok((version.cast_unsigned(), rows.iter().map(endpoint).collect::<Res<_>>()?))
}

pub(super) async fn update(
    tx: &Tell,
    key: EndpointKey,
    patch: &EndpointPatch,
    active: Option<u32>,
    entry: &NewAudit,
) -> Res<Option<Endpoint>> {
    let before = locked(tx, key).await?;
    if before.revision != patch.revision {
        return Ok(None);
    }
    tx.execute(
        "UPDATE postrider.endpoint SET config = coalesce($2, config), sealed = coalesce($3, sealed),
         updated_at = $4, revision = revision + 1 WHERE key = $1",
        &[
            (&key.0, Type::INT8),
            (&patch.config.as_ref().map(to_json).transpose()?, Type::TEXT),
            (&patch.sealed.as_deref(), Type::BYTEA),
            (&patch.now.0, Type::INT8),
        ],
    )
    .await?;
    match patch.change {
        Some(EndpointChange::Enable) if !before.enabled => {
            check_limit(tx, before.tenant, before.mode, active).await?;
            enable(tx, key).await?;
        }
        Some(EndpointChange::Disable(reason)) if before.enabled => {
            disable(tx, key, reason, patch.now).await?;
        }
        _ => {}
    }
    tenant::bump_routing(tx, before.tenant).await?;
    tx.tell(&Signal::Endpoint(before.tenant, key)).await?;
    audit::insert(tx, entry).await?;
    by_key(tx, key).await
}

/// The endpoint, and nobody changes it or its tenant before the transaction's end. First the tenant's row is locked.
async fn locked(tx: &Conn, key: EndpointKey) -> Res<Endpoint> {
    tx.query(
        "SELECT FROM postrider.tenant WHERE key = (SELECT tenant FROM postrider.endpoint WHERE key = $1)
         FOR NO KEY UPDATE",
        &[(&key.0, Type::INT8)],
    )
    .await?;
    let living = "WHERE e.key = $1 AND e.deleted_at IS NULL FOR NO KEY UPDATE OF e";
    let found = select(tx, living, &[(&key.0, Type::INT8)]).await?;
    found.into_iter().next().ok_or(NOT_FOUND)
}

async fn enable(tx: &Conn, key: EndpointKey) -> Res<()> {
    tx.execute(
        "UPDATE postrider.endpoint SET enabled = true, disabled_at = NULL, disabled_reason = NULL,
         failure_count = 0, failing_since = NULL WHERE key = $1",
        &[(&key.0, Type::INT8)],
    )
    .await?;
    Ok(())
}

async fn disable(tx: &Conn, key: EndpointKey, reason: DisabledReason, now: Millis) -> Res<()> {
    tx.execute(
        "UPDATE postrider.endpoint SET enabled = false, disabled_at = $2, disabled_reason = $3 WHERE key = $1",
        &[(&key.0, Type::INT8), (&now.0, Type::INT8), (&reason.code(), Type::INT2)],
    )
    .await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tell, key: EndpointKey, now: Millis, entry: &NewAudit) -> Res<()> {
    let before = locked(tx, key).await?;
    tx.execute(
        "UPDATE postrider.endpoint SET deleted_at = $2, enabled = false, updated_at = $2,
         revision = revision + 1 WHERE key = $1",
        &[(&key.0, Type::INT8), (&now.0, Type::INT8)],
    )
    .await?;
    tenant::bump_routing(tx, before.tenant).await?;
    tx.tell(&Signal::Endpoint(before.tenant, key)).await?;
    audit::insert(tx, entry).await
}
