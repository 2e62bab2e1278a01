//! `DELETE /v1/webhooks/{id}`

use axum::extract::State;
use postrider_http::{App, NoContent, Path, Problem, WebhooksWrite};
use postrider_service::endpoint::DeleteEndpoint;

use crate::customer::Customer;

pub(crate) async fn handler(
    State(app): State<App>,
    customer: Customer<WebhooksWrite>,
    Path(id): Path<String>,
) -> Result<NoContent, Problem> {
    let delete = DeleteEndpoint { caller: customer.caller(), tenant: customer.tenant(), id: &id };
    delete.run(&app.engine).await?;
    Ok(NoContent)
}
