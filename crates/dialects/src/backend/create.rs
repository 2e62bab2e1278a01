//! `POST /v1/backend/webhooks`

use axum::extract::State;
use postrider_http::{App, Json, Problem, Reply, WebhooksWrite};
use postrider_service::endpoint::CreateEndpoint;
use serde::{Deserialize, Serialize};

use super::CONVERSATION_COMPLETED;
use super::view::{Data, Webhook};
use crate::customer::Customer;
use crate::document::Document;

/// "Create a new webhook endpoint."
#[derive(Debug, Deserialize)]
pub(crate) struct CreateIn {
    url: Option<String>,
    description: Option<String>,
    event_types: Option<Vec<String>>,
}

/// "Returns signing secret for webhook verification."
#[derive(Debug, Serialize)]
pub(crate) struct Created {
    #[serde(flatten)]
    webhook: Webhook,
    secret: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksWrite>,
    Json(body): Json<CreateIn>,
) -> Result<Reply<Data<Created>>, Problem> {
    let event_types = body.event_types.unwrap_or_else(|| vec![CONVERSATION_COMPLETED.to_owned()]);
    if event_types.is_empty() {
        return Err(Problem::invalid_at(
            "/event_types",
            "Name at least one event type, or leave the field out.",
        ));
    }
    let document = Document::default()
        .with("url", body.url)
        .with("description", body.description)
        .with("event_types", Some(event_types))
        .fields();
    let create =
        CreateEndpoint { caller: customer.caller(), tenant: customer.tenant(), document: document.into() };
    let created = create.run(&app.engine).await?;
    let data = Created { webhook: created.found.into(), secret: created.secret };
    Ok(Reply::created(Data { data }))
}
