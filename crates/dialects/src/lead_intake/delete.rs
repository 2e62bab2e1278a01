//! `DELETE /api/v1/webhooks/{id}`

use axum::extract::State;
use postrider_http::{App, Path, Problem, Reply, WebhooksAdmin};
use postrider_service::endpoint::DeleteEndpoint;
use serde::Serialize;

use crate::customer::Customer;

#[derive(Debug, Serialize)]
pub(crate) struct DeletedOut {
    id: String,
    deleted: bool,
}

/// "Stops sending events to this endpoint immediately."
pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksAdmin>,
    Path(id): Path<String>,
) -> Result<Reply<DeletedOut>, Problem> {
    let delete = DeleteEndpoint { caller: customer.caller(), tenant: customer.tenant(), id: &id };
    let deleted = delete.run(&app.engine).await?;
    Ok(Reply::ok(DeletedOut { id: deleted.public_id(), deleted: true }))
}
