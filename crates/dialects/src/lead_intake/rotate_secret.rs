//! `POST /api/v1/webhooks/{id}/rotate-secret`

use axum::extract::State;
use postrider_http::{App, Path, Problem, Reply, WebhooksAdmin};
use postrider_service::endpoint::RotateSecret;
use serde::Serialize;

use super::view::prefix_of;
use crate::customer::Customer;

/// "The previous secret remains valid for 24 hours."
const OVERLAP_SECONDS: u32 = 24 * 60 * 60;

#[derive(Debug, Serialize)]
pub(crate) struct RotatedOut {
    id: String,
    url: String,
    signing_secret_prefix: String,
    signing_secret: String,
    _warning: &'static str,
}

/// "Returns a new secret." Takes no body. Until the day is over both secrets sign.
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksAdmin>,
    Path(id): Path<String>,
) -> Result<Reply<RotatedOut>, Problem> {
    let rotate = RotateSecret {
        caller: customer.caller(),
        tenant: customer.tenant(),
        id: &id,
        overlap_seconds: Some(OVERLAP_SECONDS),
        secret: None,
    };
    let rotated = rotate.run(&app.engine).await?;
    Ok(Reply::ok(RotatedOut {
        id: rotated.found.public_id(),
        url: rotated.found.endpoint.config.url,
        signing_secret_prefix: prefix_of(&rotated.secret),
        signing_secret: rotated.secret,
        _warning: "Save this signing_secret now. It will not be shown again. The previous secret remains valid for 24 hours.",
    }))
}
