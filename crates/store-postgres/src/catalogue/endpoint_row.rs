//! An endpoint as a row.

use postrider_model::endpoint::DisabledReason;
use postrider_model::id::{EndpointId, EndpointKey, ProjectKey, TenantKey};
use postrider_store::Endpoint;
use tokio_postgres::Row;

use crate::conn::{Conn, Param};
use crate::fault::{Fault, Res};
use crate::row::{count, json, millis, mode, small_count, time};

/// Every column of an endpoint `e` with its tenant `t`.
pub(super) const COLUMNS: &str =
    "e.key, e.id, e.project, e.mode, e.tenant, t.id, e.config, e.sealed, e.enabled,
    e.disabled_at, e.disabled_reason, e.failure_count, e.failing_since, e.last_success_at, e.last_attempt_at,
    e.last_status, e.created_at, e.updated_at, e.deleted_at, e.revision";

/// Endpoints that meet `rest`, a WHERE clause and what follows it.
pub(super) async fn select(conn: &Conn, rest: &str, params: &[Param<'_>]) -> Res<Vec<Endpoint>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM postrider.endpoint e JOIN postrider.tenant t ON t.key = e.tenant {rest}"
    );
    conn.query(&sql, params).await?.iter().map(endpoint).collect()
}

/// Reads [`COLUMNS`].
pub(super) fn endpoint(row: &Row) -> Res<Endpoint> {
    let (key, config): (i64, &str) = (row.try_get(0)?, row.try_get(6)?);
    let reason = match row.try_get::<_, Option<i16>>(10)? {
        Some(code) => Some(
            DisabledReason::from_code(code)
                .ok_or_else(|| Fault::corrupt("endpoint", "disabled_reason", key, format!("code {code}")))?,
        ),
        None => None,
    };
    Ok(Endpoint {
        key: EndpointKey(key),
        id: EndpointId(row.try_get(1)?),
        project: ProjectKey(row.try_get(2)?),
        mode: mode(row, 3)?,
        tenant: TenantKey(row.try_get(4)?),
        tenant_id: row.try_get(5)?,
        config: json("endpoint", "config", key, config)?,
        sealed: row.try_get::<_, Vec<u8>>(7)?.into(),
        enabled: row.try_get(8)?,
        disabled_at: time(row, 9)?,
        disabled_reason: reason,
        failure_count: small_count(row, 11)?,
        failing_since: time(row, 12)?,
        last_success_at: time(row, 13)?,
        last_attempt_at: time(row, 14)?,
        last_status: row.try_get::<_, Option<i16>>(15)?.map(i16::cast_unsigned),
        created_at: millis(row, 16)?,
        updated_at: millis(row, 17)?,
        deleted_at: time(row, 18)?,
        revision: count(row, 19)?,
    })
}
