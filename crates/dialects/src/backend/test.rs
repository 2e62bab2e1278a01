//! `POST /v1/backend/webhooks/test`

use axum::extract::State;
use postrider_http::{App, Problem, Reply, WebhooksWrite};
use postrider_service::endpoint::TestEndpoints;
use serde::Serialize;

use super::CONVERSATION_COMPLETED;
use super::view::Data;
use crate::customer::Customer;

#[derive(Debug, Serialize)]
pub(crate) struct TestedOut {
    success: bool,
    message_id: String,
}

/// "Send a test event to all webhook endpoints": to those that are enabled. `success` means that it was accepted, and
/// `message_id` is the `webhook-id` that receivers see (DESIGN 4.4 "Test sends"). Takes no body.
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksWrite>,
) -> Result<Reply<Data<TestedOut>>, Problem> {
    let test =
        TestEndpoints { caller: customer.caller(), tenant: customer.tenant(), kind: CONVERSATION_COMPLETED };
    let message_id = test.run(&app.engine).await?;
    Ok(Reply::ok(Data { data: TestedOut { success: true, message_id } }))
}
