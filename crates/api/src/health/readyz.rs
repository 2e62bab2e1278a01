//! `GET /readyz`

use axum::extract::State;
use postrider_http::{App, Problem, ProblemOut, Reply, code};
use serde::Serialize;
use utoipa::ToSchema;

/// Events are accepted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Readiness)]
pub struct ReadyOut {
    /// Always `ready`.
    status: &'static str,
    /// Where the data is: `embedded` in this node's data directory, or `postgresql`, shared with other nodes.
    store: &'static str,
}

/// Are events accepted?
///
/// Not while the server starts or stops, the commit queue is full or the disk almost is.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "Health",
    security(()),
    responses(
        (status = 200, description = "They are", body = ReadyOut),
        (status = 503, description = "They are not; the detail says why", body = ProblemOut),
    ),
)]
pub async fn handler(State(app): State<App>) -> Result<Reply<ReadyOut>, Problem> {
    match app.engine.ready() {
        Ok(()) => {
            let store = if app.engine.store().is_shared() { "postgresql" } else { "embedded" };
            Ok(Reply::ok(ReadyOut { status: "ready", store }))
        }
        Err(reason) => Err(Problem::new(code::OVERLOADED, reason).retry_after(1)),
    }
}
