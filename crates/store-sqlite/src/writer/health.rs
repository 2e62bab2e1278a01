//! Health of endpoints, and disabling by rule.

use postrider_model::endpoint::DisabledReason;
use postrider_model::id::{EndpointKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{HealthWrite, NewAudit};
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::Writer;
use crate::catalogue::{audit, tenant};
use crate::fault::Res;

/// Writes one endpoint's health.
pub(crate) fn write(w: &Writer, health: &HealthWrite) -> Res<()> {
    w.conn
        .prepare_cached(
            "UPDATE endpoint SET failure_count = ?2, failing_since = ?3, last_success_at = ?4, last_attempt_at = ?5,
             last_status = ?6 WHERE key = ?1",
        )?
        .execute(params![
            health.endpoint.0,
            health.failure_count,
            health.failing_since.map(|at| at.0),
            health.last_success_at.map(|at| at.0),
            health.last_attempt_at.map(|at| at.0),
            health.last_status
        ])?;
    match health.disable {
        Some((reason, at)) => disable(w, health.endpoint, reason, at),
        None => Ok(()),
    }
}

fn disable(w: &Writer, endpoint: EndpointKey, reason: DisabledReason, at: Millis) -> Res<()> {
    let mut statement = w.conn.prepare_cached(
        "UPDATE endpoint SET enabled = 0, disabled_at = ?2, disabled_reason = ?3, updated_at = ?2,
         revision = revision + 1
         WHERE key = ?1 AND enabled = 1 AND deleted_at IS NULL
         RETURNING project, tenant, (SELECT id FROM tenant WHERE key = endpoint.tenant), id",
    )?;
    let row = statement.query_row(params![endpoint.0, at.0, reason.code()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get::<_, [u8; 16]>(3)?))
    });
    let Some((project, tenant_key, tenant_id, id)) = row.optional()? else { return Ok(()) };
    tenant::bump_routing(w, TenantKey(tenant_key))?;
    audit::insert(
        &w.conn,
        &NewAudit {
            project: Some(postrider_model::id::ProjectKey(project)),
            tenant: Some(tenant_id),
            actor: "postrider".to_owned(),
            action: "endpoint.disable",
            target: uuid::Uuid::from_bytes(id).to_string(),
            detail: json!({ "reason": reason }),
            at,
        },
    )
}
