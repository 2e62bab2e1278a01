//! `GET /api/v1/webhooks/{id}`

use axum::extract::State;
use postrider_http::{App, Path, Problem, Reply, WebhooksRead};
use postrider_service::endpoint::find;

use super::view::Subscription;
use crate::customer::Customer;

/// "The signing secret itself is never returned, only the public prefix."
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksRead>,
    Path(id): Path<String>,
) -> Result<Reply<Subscription>, Problem> {
    let found = find(&app.engine, customer.caller(), customer.tenant(), &id).await?;
    Ok(Reply::ok(found.into()))
}
