//! `POST /api/v1/webhooks`

use axum::extract::State;
use postrider_http::{App, Json, Problem, Reply, WebhooksAdmin};
use postrider_service::endpoint::CreateEndpoint;
use serde::{Deserialize, Serialize};

use super::view::Common;
use crate::customer::Customer;
use crate::document::Document;
use crate::endpoints::at_least_one;

/// "Subscribe to one or more event types."
#[derive(Debug, Deserialize)]
pub(crate) struct CreateIn {
    url: Option<String>,
    events: Option<Vec<String>>,
    description: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CreatedOut {
    #[serde(flatten)]
    subscription: Common,
    signing_secret: Option<String>,
    _warning: &'static str,
}

pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksAdmin>,
    Json(body): Json<CreateIn>,
) -> Result<Reply<CreatedOut>, Problem> {
    let events = at_least_one(body.events, customer.context())?;
    let document = Document::default()
        .with("url", body.url)
        .with("event_types", Some(events))
        .with("description", body.description)
        .fields();
    let create =
        CreateEndpoint { caller: customer.caller(), tenant: customer.tenant(), document: document.into() };
    let created = create.run(&app.engine).await?;
    Ok(Reply::created(CreatedOut {
        subscription: Common::from(&created.found),
        signing_secret: created.secret,
        _warning: "Save this signing_secret now. It will not be shown again.",
    }))
}
