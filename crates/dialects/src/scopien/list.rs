//! `GET /v1/webhooks`

use axum::extract::State;
use postrider_http::{App, Problem, Reply, WebhooksRead};

use super::view::{Data, Webhook};
use crate::customer::Customer;
use crate::endpoints::all;

pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksRead>,
) -> Result<Reply<Data<Vec<Webhook>>>, Problem> {
    let data = all(&app, &customer).await?.into_iter().map(Webhook::from).collect();
    Ok(Reply::ok(Data { data }))
}
