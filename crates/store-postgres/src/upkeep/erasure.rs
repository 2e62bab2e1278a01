//! Erasing tenants and projects that were deleted, in small steps.

use std::time::Duration;

use postrider_model::id::{Ordinal, ProjectKey, TenantKey};
use postrider_store::{Stepped, StoreError};
use tokio_postgres::types::Type;

use super::worked;
use crate::conn::Conn;
use crate::fault::Res;
use crate::history::matches::written;
use crate::row::limit;
use crate::store::PostgresStore;

const TENANT: i16 = 0;
const PROJECT: i16 = 1;

/// Between the time in an event's id and that of the commit it came with, at most: where its idempotency key is looked
/// for.
const BEFORE: Duration = Duration::from_secs(60);
const AFTER: Duration = Duration::from_secs(600);

/// Queues a deleted tenant's rows for erasure.
pub(crate) async fn queue_tenant(tx: &Conn, tenant: TenantKey) -> Res<()> {
    queue(tx, TENANT, tenant.0).await
}

/// Queues a deleted project's rows for erasure.
pub(crate) async fn queue_project(tx: &Conn, project: ProjectKey) -> Res<()> {
    queue(tx, PROJECT, project.0).await
}

async fn queue(tx: &Conn, kind: i16, key: i64) -> Res<()> {
    tx.execute(
        "INSERT INTO postrider.erasure (kind, key, mark) VALUES ($1, $2, 0) ON CONFLICT (kind, key) DO NOTHING",
        &[(&kind, Type::INT2), (&key, Type::INT8)],
    )
    .await?;
    Ok(())
}

const NEXT: &str = "SELECT kind, key, mark FROM postrider.erasure ORDER BY kind, key LIMIT 1";

/// Erases some rows. Tenants first, so that a project finds its own gone.
pub(super) async fn step(store: &PostgresStore, rows: usize) -> Result<Stepped, StoreError> {
    if store.conn().await?.query_opt(NEXT, &[]).await?.is_none() {
        return Ok(Stepped::default());
    }
    let Some(tx) = store.keeping().await? else { return Ok(Stepped::default()) };
    erase_some(&tx, rows).await?;
    tx.commit().await?;
    Ok(worked(true))
}

async fn erase_some(tx: &Conn, rows: usize) -> Res<()> {
    let Some(next) = tx.query_opt(NEXT, &[]).await? else { return Ok(()) };
    let (kind, key): (i16, i64) = (next.try_get(0)?, next.try_get(1)?);
    if kind == TENANT {
        tenant_step(tx, key, next.try_get(2)?, rows).await
    } else {
        project_step(tx, key, rows).await
    }
}

/// The events of a tenant, from `mark` upwards; its endpoints, keys and name when none is left.
async fn tenant_step(tx: &Conn, tenant: i64, mark: i64, rows: usize) -> Res<()> {
    let found = tx
        .query(
            "SELECT id, endpoints FROM postrider.event WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3",
            &[(&tenant, Type::INT8), (&mark, Type::INT8), (&limit(rows / 4 + 1), Type::INT8)],
        )
        .await?;
    let mut pairs = Pairs::default();
    for row in &found {
        let event: i64 = row.try_get(0)?;
        pairs.add(event, row.try_get(1)?);
        if pairs.endpoints.len() > rows {
            break;
        }
    }
    let Some(last) = pairs.of.last().copied() else { return forget_tenant(tx, tenant, rows).await };
    pairs.delete(tx, tenant).await?;
    tx.execute(
        "UPDATE postrider.erasure SET mark = $3 WHERE kind = $1 AND key = $2",
        &[(&TENANT, Type::INT2), (&tenant, Type::INT8), (&last, Type::INT8)],
    )
    .await?;
    Ok(())
}

/// Events and whom they were for.
#[derive(Debug, Default)]
struct Pairs {
    of: Vec<i64>,
    events: Vec<i64>,
    endpoints: Vec<i64>,
}

impl Pairs {
    fn add(&mut self, event: i64, endpoints: &[u8]) {
        self.of.push(event);
        for endpoint in written(Ordinal(event), endpoints, 0) {
            self.events.push(event);
            self.endpoints.push(endpoint.0);
        }
    }

    /// Deletes the events with everything. What waits in an order waits for others of the same tenant only, so nothing
    /// is let go.
    async fn delete(&self, tx: &Conn, tenant: i64) -> Res<()> {
        let (Some(first), Some(last)) = (self.of.first(), self.of.last()) else { return Ok(()) };
        let of = [(&self.of as _, Type::INT8_ARRAY)];
        // First of all, so that no chunk of it follows.
        tx.execute("DELETE FROM postrider.fanout WHERE event = ANY($1)", &of).await?;
        tx.execute(
            "DELETE FROM postrider.pending p USING unnest($1::bigint[], $2::bigint[]) AS k (event, endpoint)
             WHERE p.event = k.event AND p.endpoint = k.endpoint",
            &[(&self.events, Type::INT8_ARRAY), (&self.endpoints, Type::INT8_ARRAY)],
        )
        .await?;
        tx.execute(
            "DELETE FROM postrider.delivery d USING unnest($1::bigint[], $2::bigint[]) AS k (event, endpoint)
             WHERE d.event = k.event AND d.endpoint = k.endpoint AND d.event >= $3 AND d.event <= $4",
            &[
                (&self.events, Type::INT8_ARRAY),
                (&self.endpoints, Type::INT8_ARRAY),
                (first, Type::INT8),
                (last, Type::INT8),
            ],
        )
        .await?;
        self.forget_keys(tx, *first, *last).await?;
        tx.execute("DELETE FROM postrider.late WHERE event = ANY($1)", &of).await?;
        tx.execute("DELETE FROM postrider.erased WHERE event = ANY($1)", &of).await?;
        tx.execute(
            "DELETE FROM postrider.event WHERE tenant = $1 AND id >= $2 AND id <= $3",
            &[(&tenant, Type::INT8), (first, Type::INT8), (last, Type::INT8)],
        )
        .await?;
        Ok(())
    }

    /// A key names its events, and no index finds it by them: it is looked for among those of their time.
    async fn forget_keys(&self, tx: &Conn, first: i64, last: i64) -> Res<()> {
        tx.execute(
            "DELETE FROM postrider.idempotency WHERE at >= $2 AND at <= $3 AND events && $1",
            &[
                (&self.of, Type::INT8_ARRAY),
                (&(Ordinal(first).time() - BEFORE).0, Type::INT8),
                (&(Ordinal(last).time() + AFTER).0, Type::INT8),
            ],
        )
        .await?;
        Ok(())
    }
}

/// Forgets some of what belongs to a tenant without events, and at last itself.
async fn forget_tenant(tx: &Conn, tenant: i64, rows: usize) -> Res<()> {
    const OF_TENANT: [&str; 7] = [
        "DELETE FROM postrider.stat WHERE (endpoint, minute) IN
         (SELECT s.endpoint, s.minute FROM postrider.endpoint e JOIN postrider.stat s ON s.endpoint = e.key
          WHERE e.tenant = $1 LIMIT $2)",
        "DELETE FROM postrider.replay WHERE key IN
         (SELECT key FROM postrider.replay WHERE tenant = $1 LIMIT $2)",
        "DELETE FROM postrider.audit WHERE key IN
         (SELECT a.key FROM postrider.tenant t JOIN postrider.audit a ON a.project = t.project AND a.tenant = t.id
          WHERE t.key = $1 AND a.at < t.deleted_at LIMIT $2)",
        "DELETE FROM postrider.api_key WHERE key IN
         (SELECT key FROM postrider.api_key WHERE tenant = $1 LIMIT $2)",
        "DELETE FROM postrider.portal_link WHERE hash IN
         (SELECT hash FROM postrider.portal_link WHERE tenant = $1 LIMIT $2)",
        "DELETE FROM postrider.session WHERE hash IN
         (SELECT hash FROM postrider.session WHERE tenant = $1 LIMIT $2)",
        "DELETE FROM postrider.endpoint WHERE key IN
         (SELECT key FROM postrider.endpoint WHERE tenant = $1 LIMIT $2)",
    ];
    if deleted_all(tx, &OF_TENANT, tenant, rows).await? {
        tx.execute("DELETE FROM postrider.tenant WHERE key = $1", &[(&tenant, Type::INT8)]).await?;
        finish(tx, TENANT, tenant).await?;
    }
    Ok(())
}

/// Runs statements that delete so many rows each at most; whether nothing is left.
async fn deleted_all(tx: &Conn, statements: &[&str], key: i64, rows: usize) -> Res<bool> {
    for sql in statements {
        if tx.execute(sql, &[(&key, Type::INT8), (&limit(rows), Type::INT8)]).await? >= rows as u64 {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn finish(tx: &Conn, kind: i16, key: i64) -> Res<()> {
    tx.execute(
        "DELETE FROM postrider.erasure WHERE kind = $1 AND key = $2",
        &[(&kind, Type::INT2), (&key, Type::INT8)],
    )
    .await?;
    Ok(())
}

/// Queues a project's tenants one by one; when none is left, the project's own rows go.
async fn project_step(tx: &Conn, project: i64, rows: usize) -> Res<()> {
    const OF_PROJECT: [&str; 5] = [
        "DELETE FROM postrider.project_stat WHERE (world, minute, node) IN
         (SELECT world, minute, node FROM postrider.project_stat WHERE world IN ($1 * 2, $1 * 2 + 1) LIMIT $2)",
        "DELETE FROM postrider.api_key WHERE key IN
         (SELECT key FROM postrider.api_key WHERE project = $1 LIMIT $2)",
        "DELETE FROM postrider.event_type WHERE key IN
         (SELECT e.key FROM postrider.type_name n JOIN postrider.event_type e ON e.key = n.key
          WHERE n.project = $1 LIMIT $2)",
        "DELETE FROM postrider.type_name WHERE key IN
         (SELECT key FROM postrider.type_name WHERE project = $1 LIMIT $2)",
        "DELETE FROM postrider.audit WHERE key IN
         (SELECT key FROM postrider.audit WHERE project = $1 LIMIT $2)",
    ];
    let tenant = tx
        .query_opt(
            "UPDATE postrider.tenant SET deleted_at = coalesce(deleted_at,
                 (SELECT deleted_at FROM postrider.project WHERE key = $1)), routing = routing + 1
             WHERE key = (SELECT key FROM postrider.tenant WHERE project = $1 LIMIT 1) RETURNING key",
            &[(&project, Type::INT8)],
        )
        .await?;
    if let Some(tenant) = tenant {
        return queue_tenant(tx, TenantKey(tenant.try_get(0)?)).await;
    }
    if deleted_all(tx, &OF_PROJECT, project, rows).await? {
        tx.execute("DELETE FROM postrider.project WHERE key = $1", &[(&project, Type::INT8)]).await?;
        finish(tx, PROJECT, project).await?;
    }
    Ok(())
}
