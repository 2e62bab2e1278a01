//! `POST /api/v1/webhooks`

use axum::extract::State;
use postrider_http::{App, Json, Problem, Reply, WebhooksAdmin};
use postrider_service::endpoint::CreateEndpoint;
use serde::Serialize;
use serde_json::{Map, Value};

use super::view::Common;
use crate::customer::Customer;
use crate::document;

/// What the document's request holds: its names and ours.
const FIELDS: [(&str, &str); 3] = [("url", "url"), ("events", "event_types"), ("description", "description")];

#[derive(Debug, Serialize)]
pub(crate) struct CreatedOut {
    #[serde(flatten)]
    subscription: Common,
    signing_secret: Option<String>,
    _warning: &'static str,
}

/// "Subscribe to one or more event types."
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksAdmin>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Reply<CreatedOut>, Problem> {
    let mut document = document::ours(&body, &FIELDS);
    document::ask_for_events(&mut document, customer.context());
    let create = CreateEndpoint { caller: customer.caller(), tenant: customer.tenant(), document };
    let created = create.run(&app.engine).await?;
    Ok(Reply::created(CreatedOut {
        subscription: Common::from(&created.found),
        signing_secret: created.secret,
        _warning: "Save this signing_secret now. It will not be shown again.",
    }))
}
