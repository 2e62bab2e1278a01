//! `POST /api/v1/webhooks/subscribe`

use axum::extract::State;
use postrider_http::{App, Json, Problem, Reply, WebhooksWrite};
use postrider_service::endpoint::CreateEndpoint;
use serde::Serialize;
use serde_json::{Map, Value};

use super::view::NewSubscription;
use crate::customer::Customer;
use crate::document;

/// What to subscribe to ("Subscribe to Events"): the document's names and ours.
const FIELDS: [(&str, &str); 3] = [("url", "url"), ("events", "event_types"), ("secret", "secret")];

#[derive(Debug, Serialize)]
pub(crate) struct SubscribedOut {
    subscription: NewSubscription,
}

pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksWrite>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Reply<SubscribedOut>, Problem> {
    let mut document = document::ours(&body, &FIELDS);
    document::ask_for_events(&mut document, customer.context());
    let create = CreateEndpoint { caller: customer.caller(), tenant: customer.tenant(), document };
    let created = create.run(&app.engine).await?;
    Ok(Reply::created(SubscribedOut { subscription: created.found.into() }))
}
