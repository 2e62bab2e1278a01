//! Telling a tenant's other endpoints that one was disabled by its rule (DESIGN 4.4 "Notices").

use std::sync::Arc;

use bytes::Bytes;
use postrider_contract::NoticeView;
use postrider_model::endpoint::DisabledReason;
use postrider_model::pattern::TypeSet;
use postrider_model::time::Millis;

use crate::accept::{EventIn, Origin};
use crate::plan::EndpointPlan;
use crate::shared::Shared;

/// Sends the notice, if the contract has one, to the endpoints that name its type.
pub(crate) async fn send(
    shared: &Arc<Shared>,
    plan: &Arc<EndpointPlan>,
    reason: DisabledReason,
    at: Millis,
    failure_count: u32,
    last_error: &str,
) {
    let view =
        NoticeView { endpoint: plan.id, url: &plan.url, failure_count, last_error, reason, disabled_at: at };
    let (Some(notice), Some(data)) =
        (plan.contract.health.notice.as_ref(), plan.contract.render_notice(&view))
    else {
        return;
    };
    if let Err(error) = try_send(shared, plan, &notice.event_type, data, at).await {
        tracing::error!(%error, endpoint = %plan.id.0, "the notice of a disabled endpoint was not sent");
    }
}

async fn try_send(
    shared: &Arc<Shared>,
    plan: &Arc<EndpointPlan>,
    kind: &str,
    data: Bytes,
    at: Millis,
) -> Result<(), crate::AcceptError> {
    let Some(row) = shared.store.endpoint_by_key(plan.key).await? else { return Ok(()) };
    let routes = shared.routes.read(plan.project, &row.tenant_id, shared).await?;
    let others: Vec<_> = routes
        .endpoints
        .iter()
        .filter(|other| other.key != plan.key && other.mode == plan.mode && names(&other.types, kind))
        .cloned()
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let event = EventIn {
        tenant: row.tenant_id,
        kind: kind.to_owned(),
        size: data.len(),
        data,
        changes: None,
        attributes: None,
        timestamp: Some(at),
        ordering_key: None,
        deliver_at: None,
        idempotency: None,
    };
    crate::Engine::notice(
        shared,
        Origin { project: plan.project, mode: plan.mode, tenant: None },
        event,
        others,
    )
    .await
}

/// Notices go only to endpoints that name their type outright (DESIGN 4.4).
fn names(types: &TypeSet, kind: &str) -> bool {
    types.patterns().iter().any(|pattern| !pattern.is_wildcard() && pattern.as_str() == kind)
}
