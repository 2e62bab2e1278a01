//! `POST /api/v1/webhooks/subscribe`

use axum::extract::State;
use postrider_http::{App, Json, Problem, Reply, WebhooksWrite};
use postrider_service::endpoint::CreateEndpoint;
use serde::{Deserialize, Serialize};

use super::view::NewSubscription;
use crate::customer::Customer;
use crate::document::Document;
use crate::endpoints::at_least_one;

/// What to subscribe to ("Subscribe to Events").
#[derive(Debug, Deserialize)]
pub(crate) struct SubscribeIn {
    url: Option<String>,
    events: Option<Vec<String>>,
    secret: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SubscribedOut {
    subscription: NewSubscription,
}

pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksWrite>,
    Json(body): Json<SubscribeIn>,
) -> Result<Reply<SubscribedOut>, Problem> {
    let events = at_least_one(body.events, customer.context())?;
    let document = Document::default()
        .with("url", body.url)
        .with("event_types", Some(events))
        .with("secret", body.secret)
        .fields();
    let create =
        CreateEndpoint { caller: customer.caller(), tenant: customer.tenant(), document: document.into() };
    let created = create.run(&app.engine).await?;
    Ok(Reply::created(SubscribedOut { subscription: created.found.into() }))
}
