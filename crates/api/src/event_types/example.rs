//! `GET /v1/event-types/{name}/example`

use axum::extract::State;
use postrider_http::{App, May, Path, Problem, Reply, WebhooksRead};
use postrider_service::event_type::ShowExample;

use crate::deliveries::request::RequestOut;

/// Show an event of a type as it arrives
///
/// The type's example in the contract's envelope, with the contract's headers, as a test event of it is sent. Signatures
/// are left out.
#[utoipa::path(
    get,
    path = "/v1/event-types/{name}/example",
    operation_id = "get_event_type_example",
    tag = "Event types",
    security(("project_key" = ["webhooks:read"])),
    params(("name" = String, Path, description = "The type's name")),
    responses((status = 200, description = "The request", body = RequestOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Path(name): Path<String>,
) -> Result<Reply<RequestOut>, Problem> {
    let example = ShowExample { caller: &caller, name: &name }.run(&app.engine).await?;
    Ok(Reply::ok(example.request.into()))
}
