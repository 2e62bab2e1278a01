//! `POST /v1/tenants/{tenant}/endpoints/{id}/rotate-secret`

use axum::extract::State;
use postrider_http::{App, May, OptionalJson, Path, Problem, Reply, WebhooksAdmin};
use postrider_model::time::Millis;
use postrider_service::endpoint::RotateSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How to rotate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RotateSecretBody)]
pub struct RotateIn {
    /// How long the old secret still signs beside the new one: a day if not said, at most a week. 0 where the
    /// contract's header holds one signature.
    overlap_seconds: Option<u32>,
    /// The new secret, where the contract lets it be given.
    secret: Option<String>,
}

/// A new secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RotatedSecret)]
pub struct RotatedOut {
    /// The endpoint.
    id: String,
    /// The new secret.
    secret: String,
    /// Until when the one before still signs.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_expires_at: Option<Millis>,
}

/// Rotate the signing secret
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/endpoints/{id}/rotate-secret",
    operation_id = "rotate_endpoint_secret",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:admin"])),
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The endpoint's id"),
    ),
    request_body = Option<RotateIn>,
    responses((status = 200, description = "The new secret", body = RotatedOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksAdmin>,
    Path((tenant, id)): Path<(String, String)>,
    OptionalJson(body): OptionalJson<RotateIn>,
) -> Result<Reply<RotatedOut>, Problem> {
    let RotateIn { overlap_seconds, secret } = body;
    let rotate = RotateSecret { caller: &caller, tenant: &tenant, id: &id, overlap_seconds, secret };
    let rotated = rotate.run(&app.engine).await?;
    Ok(Reply::ok(RotatedOut {
        id: rotated.found.public_id(),
        secret: rotated.secret,
        previous_expires_at: rotated.previous_expires_at,
    }))
}
