//! `GET /api/v1/webhooks/subscribe`

use axum::extract::State;
use postrider_http::{App, Problem, Reply, WebhooksWrite};
use serde::Serialize;

use super::view::Subscription;
use crate::customer::Customer;
use crate::endpoints::all;

#[derive(Debug, Serialize)]
pub(crate) struct ListOut {
    subscriptions: Vec<Subscription>,
    available_events: Vec<String>,
}

/// Needs `webhooks:write`, as documented.
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksWrite>,
) -> Result<Reply<ListOut>, Problem> {
    let subscriptions = all(&app, &customer).await?.into_iter().map(Subscription::from).collect();
    Ok(Reply::ok(ListOut { subscriptions, available_events: customer.context().valid_types() }))
}
