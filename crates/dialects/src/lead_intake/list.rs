//! `GET /api/v1/webhooks`

use axum::extract::State;
use postrider_http::{App, Problem, Reply, WebhooksRead};
use serde::Serialize;

use super::view::Subscription;
use crate::customer::Customer;
use crate::endpoints::all;

#[derive(Debug, Serialize)]
pub(crate) struct ListOut {
    data: Vec<Subscription>,
}

/// "Returns all webhook endpoints registered for the calling organization."
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksRead>,
) -> Result<Reply<ListOut>, Problem> {
    let data = all(&app, &customer).await?.into_iter().map(Subscription::from).collect();
    Ok(Reply::ok(ListOut { data }))
}
