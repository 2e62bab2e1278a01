//! `GET /v1/tenants/{tenant}/endpoints/{id}/secret`

use axum::extract::State;
use postrider_http::{App, May, Path, Problem, Reply, WebhooksAdmin};
use postrider_model::time::Millis;
use postrider_service::endpoint::ReadSecret;
use serde::Serialize;
use utoipa::ToSchema;

/// The secrets that sign now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Secrets)]
pub struct SecretsOut {
    /// The current one.
    secret: String,
    /// All of them, newest first: after a rotation the one before signs until it expires.
    secrets: Vec<SecretOut>,
}

/// One secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Secret)]
pub struct SecretOut {
    /// In the form its owner holds it.
    secret: String,
    /// When it was given or made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
    /// After this it no longer signs; `null` for the current one.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Millis>,
}

/// Read the signing secret
///
/// Only where the project's contract lets a secret be read back; elsewhere it is 403.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/endpoints/{id}/secret",
    operation_id = "get_endpoint_secret",
    tag = "Endpoints",
    security(("project_key" = ["webhooks:admin"])),
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("id" = String, Path, description = "The endpoint's id"),
    ),
    responses((status = 200, description = "The secret", body = SecretsOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksAdmin>,
    Path((tenant, id)): Path<(String, String)>,
) -> Result<Reply<SecretsOut>, Problem> {
    let secrets = ReadSecret { caller: &caller, tenant: &tenant, id: &id }.run(&app.engine).await?;
    let secret = secrets.first().map(|newest| newest.value.clone()).unwrap_or_default();
    let secrets = secrets
        .into_iter()
        .map(|one| SecretOut { secret: one.value, created_at: one.created_at, expires_at: one.expires_at })
        .collect();
    Ok(Reply::ok(SecretsOut { secret, secrets }))
}
