//! `PATCH /v1/webhooks/{id}`

use axum::extract::State;
use postrider_http::{App, Json, Path, Problem, Reply, WebhooksWrite};
use postrider_service::endpoint::ChangeEndpoint;
use serde_json::{Map, Value};

use super::fields::Patch;
use super::view::{Data, Webhook};
use crate::customer::Customer;

/// "Update Webhook": a merge patch (RFC 7396) of the fields that create takes, but for the secret.
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksWrite>,
    Path(id): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Reply<Data<Webhook>>, Problem> {
    let patch = Patch { body, limits: app.engine.limits() };
    let change = ChangeEndpoint {
        caller: customer.caller(),
        tenant: customer.tenant(),
        id: &id,
        patch: &patch,
        expected_revision: None,
    };
    let changed = change.run(&app.engine).await?;
    Ok(Reply::ok(Data { data: changed.found.into() }))
}
