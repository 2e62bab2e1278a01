//! Tenants and their routing versions.

use postrider_model::id::{EndpointKey, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{NewAudit, Page, Signal, StoreError, Tenant};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Tell, api_key, audit, project};
use crate::conn::Conn;
use crate::fault::{Fault, Res};
use crate::row::{limit, millis};
use crate::upkeep::erasure;
use postrider_store::paging::{after_key, page_of};

/// Makes the tenant of that id where it is new.
pub(super) async fn ensure(tx: &Conn, project: ProjectKey, id: &str, now: Millis) -> Res<Tenant> {
    // Of two that make it at once one waits for the other, and finds it when that one's transaction has ended.
    for _ in 0..3 {
        if let Some(tenant) = by_id(tx, project, id).await? {
            return Ok(tenant);
        }
        project::must_live(tx, project).await?;
        tx.execute(
            "INSERT INTO postrider.tenant (project, id, routing, created_at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (project, id) WHERE deleted_at IS NULL DO NOTHING",
            &[(&project.0, Type::INT8), (&id, Type::TEXT), (&now.0, Type::INT8)],
        )
        .await?;
    }
    by_id(tx, project, id)
        .await?
        .ok_or_else(|| Fault::unavailable("the tenant is made and deleted all the time"))
}

pub(super) async fn by_id(conn: &Conn, project: ProjectKey, id: &str) -> Res<Option<Tenant>> {
    let row = conn
        .query_opt(
            "SELECT key, project, id, created_at FROM postrider.tenant
             WHERE project = $1 AND id = $2 AND deleted_at IS NULL",
            &[(&project.0, Type::INT8), (&id, Type::TEXT)],
        )
        .await?;
    row.as_ref().map(tenant).transpose()
}

pub(super) async fn list(
    conn: &Conn,
    project: ProjectKey,
    cursor: Option<&str>,
    most: usize,
) -> Res<Page<Tenant>> {
    let rows = conn
        .query(
            "SELECT key, project, id, created_at FROM postrider.tenant
             WHERE project = $1 AND key < $2 AND deleted_at IS NULL ORDER BY key DESC LIMIT $3",
            &[(&project.0, Type::INT8), (&after_key(cursor)?, Type::INT8), (&limit(most + 1), Type::INT8)],
        )
        .await?;
    let tenants = rows.iter().map(tenant).collect::<Res<Vec<_>>>()?;
    Ok(page_of(tenants, most, |tenant| tenant.key.0.to_string()))
}

/// Returns the endpoints that it deleted.
pub(super) async fn delete(
    tx: &Tell,
    tenant: TenantKey,
    now: Millis,
    entry: &NewAudit,
) -> Res<Vec<EndpointKey>> {
    let deleted = tx
        .execute(
            "UPDATE postrider.tenant SET deleted_at = $2, routing = routing + 1
             WHERE key = $1 AND deleted_at IS NULL",
            &[(&tenant.0, Type::INT8), (&now.0, Type::INT8)],
        )
        .await?;
    if deleted == 0 {
        return Err(Fault::Store(StoreError::NotFound("tenant")));
    }
    let rows = tx
        .query(
            "UPDATE postrider.endpoint SET deleted_at = $2, enabled = false, revision = revision + 1
             WHERE tenant = $1 AND deleted_at IS NULL RETURNING key",
            &[(&tenant.0, Type::INT8), (&now.0, Type::INT8)],
        )
        .await?;
    let endpoints =
        rows.iter().map(|row| Ok(EndpointKey(row.try_get(0)?))).collect::<Res<Vec<EndpointKey>>>()?;
    if api_key::revoke_tenant(tx, tenant, now).await? {
        tx.tell(&Signal::Keys).await?;
    }
    erasure::queue_tenant(tx, tenant).await?;
    tx.tell(&Signal::Tenant(tenant, endpoints.as_slice().into())).await?;
    audit::insert(tx, entry).await?;
    Ok(endpoints)
}

/// Counts a tenant's routing version up: what was matched before is stale (DESIGN 2.1). It locks the tenant's row, which
/// comes before its endpoints' rows in every transaction that needs both, so that none waits for another in a circle.
pub(crate) async fn bump_routing(tx: &Conn, tenant: TenantKey) -> Res<()> {
    tx.execute(
        "UPDATE postrider.tenant SET routing = routing + 1 WHERE key = $1",
        &[(&tenant.0, Type::INT8)],
    )
    .await?;
    Ok(())
}

fn tenant(row: &Row) -> Res<Tenant> {
    Ok(Tenant {
        key: TenantKey(row.try_get(0)?),
        project: ProjectKey(row.try_get(1)?),
        id: row.try_get(2)?,
        created_at: millis(row, 3)?,
    })
}
