//! `GET /healthz`

use postrider_http::Reply;
use serde::Serialize;
use utoipa::ToSchema;

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub struct HealthOut {
    /// Always `ok`.
    status: &'static str,
}

/// Is the process alive?
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    tag = "Health",
    security(()),
    responses((status = 200, description = "It is", body = HealthOut)),
)]
pub async fn handler() -> Reply<HealthOut> {
    Reply::ok(HealthOut { status: "ok" })
}
