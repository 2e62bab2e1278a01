//! `GET /v1/meta`

use std::net::IpAddr;

use axum::extract::State;
use postrider_http::{App, May, Problem, Reply, WebhooksRead};
use serde::Serialize;
use utoipa::ToSchema;

/// Facts about this server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Meta)]
pub struct MetaOut {
    /// The addresses deliveries come from, for customers' firewalls; empty where the operator names none.
    #[schema(value_type = Vec<String>)]
    egress_ips: Vec<IpAddr>,
    /// The version of the server.
    version: &'static str,
}

/// Facts about this server
#[utoipa::path(
    get,
    path = "/v1/meta",
    operation_id = "get_meta",
    tag = "Meta",
    security(("project_key" = ["webhooks:read"])),
    responses((status = 200, description = "The facts", body = MetaOut)),
)]
pub async fn handler(State(app): State<App>, _: May<WebhooksRead>) -> Result<Reply<MetaOut>, Problem> {
    Ok(Reply::ok(MetaOut { egress_ips: app.egress_ips.clone(), version: app.version }))
}
