//! `GET /api/v1/webhooks/{id}/deliveries`

use axum::extract::State;
use postrider_engine::Engine;
use postrider_http::{App, Cursor, Limit, List, Path, Problem, Query, Reply, WebhooksRead, cursor_text};
use postrider_model::id::EndpointId;
use postrider_model::time::Millis;
use postrider_service::delivery::{ListAttempts, ListedAttempt};
use postrider_service::ids;
use serde::{Deserialize, Serialize};

use crate::customer::Customer;

/// "List the last 100 delivery attempts."
const MOST: usize = 100;

#[derive(Debug, Deserialize)]
pub(crate) struct DeliveriesIn {
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

/// An attempt "with status, response code, latency, and retry count".
#[derive(Debug, Serialize)]
pub(crate) struct AttemptOut {
    /// `whd_…`
    id: String,
    event: String,
    /// `delivered` or `failed`.
    status: &'static str,
    response_status: Option<u16>,
    latency_ms: u32,
    /// Counted from 1.
    attempt: u32,
    /// The start of the attempt, as `last_delivery_at` is; `null` of one that failed.
    delivered_at: Option<Millis>,
}

impl AttemptOut {
    fn of(engine: &Engine, endpoint: EndpointId, listed: ListedAttempt) -> Self {
        let ListedAttempt { event, kind, attempt } = listed;
        Self {
            id: ids::show_attempt(engine, event, endpoint, attempt.number),
            event: kind,
            status: if attempt.success { "delivered" } else { "failed" },
            response_status: attempt.response_status,
            latency_ms: attempt.latency_ms,
            attempt: attempt.number,
            delivered_at: attempt.success.then_some(attempt.started_at),
        }
    }
}

pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksRead>,
    Path(id): Path<String>,
    Query(query): Query<DeliveriesIn>,
) -> Result<Reply<List<AttemptOut>>, Problem> {
    let list = ListAttempts {
        caller: customer.caller(),
        tenant: customer.tenant(),
        endpoint: &id,
        cursor: cursor_text(query.cursor),
        limit: query.limit.map_or(MOST, |limit| limit.rows(app.engine.limits()).min(MOST)),
    };
    let listed = list.run(&app.engine).await?;
    let endpoint = listed.found.endpoint.id;
    Ok(Reply::ok(List::of(listed.page, |attempt| AttemptOut::of(&app.engine, endpoint, attempt))))
}
