//! `POST /v1/webhooks`

use axum::extract::State;
use postrider_http::{App, Json, Problem, Reply, WebhooksWrite};
use postrider_service::endpoint::CreateEndpoint;
use serde_json::{Map, Value};

use super::fields;
use super::view::{Data, Webhook};
use crate::customer::Customer;

/// "Via API". The secret is given or made, and shown this once.
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksWrite>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Reply<Data<Webhook>>, Problem> {
    let document = fields::of_new(&body, customer.context(), app.engine.limits());
    let create = CreateEndpoint { caller: customer.caller(), tenant: customer.tenant(), document };
    let created = create.run(&app.engine).await?;
    Ok(Reply::created(Data { data: Webhook::new(created.found, created.secret) }))
}
