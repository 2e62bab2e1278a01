//! `GET /v1/backend/webhooks/{id}/secret`

use axum::extract::State;
use postrider_http::{App, Path, Problem, Reply, WebhooksAdmin};
use postrider_service::endpoint::ReadSecret;
use serde::Serialize;

use super::view::Data;
use crate::customer::Customer;

#[derive(Debug, Serialize)]
pub(crate) struct SecretOut {
    secret: String,
}

/// The newest, where a rotation left two.
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksAdmin>,
    Path(id): Path<String>,
) -> Result<Reply<Data<SecretOut>>, Problem> {
    let read = ReadSecret { caller: customer.caller(), tenant: customer.tenant(), id: &id };
    let newest = read.run(&app.engine).await?.into_iter().next();
    let secret = newest.ok_or_else(|| Problem::not_found("secret"))?.value;
    Ok(Reply::ok(Data { data: SecretOut { secret } }))
}
