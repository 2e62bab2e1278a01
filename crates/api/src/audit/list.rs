//! `GET /v1/audit`

use axum::extract::State;
use postrider_http::{App, Cursor, Limit, List, May, Problem, Query, Reply, WebhooksRead, cursor_text};
use postrider_model::time::Millis;
use postrider_store::{AuditEntry, AuditQuery};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListIn {
    /// Of this tenant.
    tenant: Option<String>,
    /// Of this action, such as `endpoint.create`.
    action: Option<String>,
    /// At or after.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Millis>,
    /// Before.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Millis>,
    /// Rows of the page, at most 250.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Who changed what, when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditOut {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Millis,
    /// Who: `root`, `key:` and the key's prefix, `portal:` and the tenant, or `postrider` itself.
    actor: String,
    /// What was done.
    action: String,
    /// To what: a public id.
    target: String,
    /// Whose, where it concerns one tenant.
    #[schema(required = true)]
    tenant: Option<String>,
    /// What changed; never a secret.
    detail: Value,
}

impl From<AuditEntry> for AuditOut {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { at, actor, action, target, tenant, detail } = entry;
        Self { at, actor, action, target, tenant, detail }
    }
}

/// List the audit log
///
/// Who changed what, newest first. A tenant's key sees what concerns its tenant alone.
#[utoipa::path(
    get,
    path = "/v1/audit",
    operation_id = "list_audit",
    tag = "Audit",
    security(("project_key" = ["webhooks:read"])),
    params(ListIn),
    responses((status = 200, description = "A page of entries", body = List<AuditOut>)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Query(query): Query<ListIn>,
) -> Result<Reply<List<AuditOut>>, Problem> {
    let ListIn { tenant, action, since, until, limit, cursor } = query;
    let own = caller.tenant.as_ref().map(|(_, id)| id.clone());
    if let (Some(own), Some(asked)) = (&own, &tenant)
        && own != asked
    {
        return Ok(Reply::ok(List { data: Vec::new(), next_cursor: None }));
    }
    let query = AuditQuery {
        project: caller.project,
        tenant: own.or(tenant),
        action,
        since,
        until,
        cursor: cursor_text(cursor),
        limit: limit.rows(app.engine.limits()),
    };
    let page = app.engine.store().audit(query).await?;
    Ok(Reply::ok(List::of(page, AuditOut::from)))
}
