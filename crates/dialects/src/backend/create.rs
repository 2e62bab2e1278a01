//! `POST /v1/backend/webhooks`

use axum::extract::State;
use postrider_http::{App, Json, Problem, Reply, WebhooksWrite};
use postrider_service::Fault;
use postrider_service::endpoint::{CreateEndpoint, EndpointFields};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::CONVERSATION_COMPLETED;
use super::view::{Data, Webhook};
use crate::customer::Customer;
use crate::document;

const EVENT_TYPES: &str = "event_types";

/// What the document's request holds: its names, which are ours.
const FIELDS: [(&str, &str); 3] =
    [("url", "url"), ("description", "description"), (EVENT_TYPES, EVENT_TYPES)];

/// "Returns signing secret for webhook verification."
#[derive(Debug, Serialize)]
pub(crate) struct Created {
    #[serde(flatten)]
    webhook: Webhook,
    secret: Option<String>,
}

/// "Create a new webhook endpoint."
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksWrite>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Reply<Data<Created>>, Problem> {
    let create =
        CreateEndpoint { caller: customer.caller(), tenant: customer.tenant(), document: of_new(&body) };
    let created = create.run(&app.engine).await?;
    let data = Created { webhook: created.found.into(), secret: created.secret };
    Ok(Reply::created(Data { data }))
}

/// What a new endpoint is to be. Without `event_types` it gets the one there is; an empty list, which means all in the
/// native API, is refused (DESIGN 4.4).
fn of_new(body: &Map<String, Value>) -> EndpointFields {
    let mut document = document::ours(body, &FIELDS);
    let given = document.fields.get(EVENT_TYPES);
    if given.is_none_or(Value::is_null) {
        document.fields.insert(EVENT_TYPES.to_owned(), json!([CONVERSATION_COMPLETED]));
    } else if given.is_some_and(|given| *given == json!([])) {
        let detail = "Name at least one event type, or leave the field out.";
        document.faults.push(Fault::at(format!("/{EVENT_TYPES}"), detail));
    }
    document
}
