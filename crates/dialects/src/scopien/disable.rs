//! `POST /v1/webhooks/{id}/disable`

use axum::extract::State;
use postrider_http::{App, Path, Problem, Reply, WebhooksWrite};
use postrider_service::endpoint::SwitchEndpoint;

use super::view::{Data, Webhook};
use crate::customer::Customer;

/// "Disable Webhook": when this answers, no attempt begins any more. Takes no body.
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksWrite>,
    Path(id): Path<String>,
) -> Result<Reply<Data<Webhook>>, Problem> {
    let switch =
        SwitchEndpoint { caller: customer.caller(), tenant: customer.tenant(), id: &id, enabled: false };
    let switched = switch.run(&app.engine).await?;
    Ok(Reply::ok(Data { data: switched.into() }))
}
