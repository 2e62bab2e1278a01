//! `GET /v1/webhooks/{id}`

use axum::extract::State;
use postrider_http::{App, Path, Problem, Reply, WebhooksRead};
use postrider_service::endpoint::find;

use super::view::{Data, Webhook};
use crate::customer::Customer;

pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksRead>,
    Path(id): Path<String>,
) -> Result<Reply<Data<Webhook>>, Problem> {
    let found = find(&app.engine, customer.caller(), customer.tenant(), &id).await?;
    Ok(Reply::ok(Data { data: found.into() }))
}
