//! An endpoint as a row.

use postrider_model::endpoint::DisabledReason;
use postrider_model::id::{EndpointId, EndpointKey, Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::Endpoint;
use rusqlite::{Connection, Params, Row};

use crate::fault::{Fault, Res};
use crate::row::{json, time, uuid};

/// Every column of an endpoint `e` with its tenant `t`.
const COLUMNS: &str = "e.key, e.id, e.project, e.mode, e.tenant, t.id, e.config, e.sealed, e.enabled,
    e.disabled_at, e.disabled_reason, e.failure_count, e.failing_since, e.last_success_at, e.last_attempt_at,
    e.last_status, e.created_at, e.updated_at, e.deleted_at, e.revision";

/// Endpoints that meet `rest`, a WHERE clause and what follows it.
pub(super) fn select(conn: &Connection, rest: &str, params: impl Params) -> Res<Vec<Endpoint>> {
    read(conn, &format!("SELECT {COLUMNS} FROM endpoint e JOIN tenant t ON t.key = e.tenant {rest}"), params)
}

/// The same, by a certain index.
pub(super) fn select_by(
    conn: &Connection,
    index: &str,
    rest: &str,
    params: impl Params,
) -> Res<Vec<Endpoint>> {
    read(conn, &by_index(index, rest), params)
}

/// What is asked then.
pub(super) fn by_index(index: &str, rest: &str) -> String {
    format!(
        "SELECT {COLUMNS} FROM endpoint e INDEXED BY {index} CROSS JOIN tenant t ON t.key = e.tenant {rest}"
    )
}

fn read(conn: &Connection, sql: &str, params: impl Params) -> Res<Vec<Endpoint>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut endpoints = Vec::new();
    while let Some(row) = rows.next()? {
        endpoints.push(endpoint(row)?);
    }
    Ok(endpoints)
}

fn endpoint(row: &Row<'_>) -> Res<Endpoint> {
    let (key, config): (i64, String) = (row.get(0)?, row.get(6)?);
    let reason: Option<i64> = row.get(10)?;
    let reason = match reason {
        Some(code) => Some(
            DisabledReason::from_code(code)
                .ok_or_else(|| Fault::corrupt("endpoint", "disabled_reason", key, format!("code {code}")))?,
        ),
        None => None,
    };
    Ok(Endpoint {
        key: EndpointKey(key),
        id: EndpointId(uuid(row, 1)?),
        project: ProjectKey(row.get(2)?),
        mode: Mode::from_bit(row.get(3)?),
        tenant: TenantKey(row.get(4)?),
        tenant_id: row.get(5)?,
        config: json("endpoint", "config", key, &config)?,
        sealed: row.get::<_, Vec<u8>>(7)?.into(),
        enabled: row.get(8)?,
        disabled_at: time(row, 9)?,
        disabled_reason: reason,
        failure_count: row.get(11)?,
        failing_since: time(row, 12)?,
        last_success_at: time(row, 13)?,
        last_attempt_at: time(row, 14)?,
        last_status: row.get(15)?,
        created_at: Millis(row.get(16)?),
        updated_at: Millis(row.get(17)?),
        deleted_at: time(row, 18)?,
        revision: row.get::<_, i64>(19)?.cast_unsigned(),
    })
}
