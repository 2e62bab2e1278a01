//! `GET /v1/event-types`

use axum::extract::State;
use postrider_http::{App, Cursor, Limit, List, May, Problem, Query, Reply, WebhooksRead, cursor_text};
use postrider_service::event_type::ListEventTypes;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::EventTypeOut;

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListIn {
    /// Rows of the page, at most 250.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// List the catalogue
///
/// The contract's types first, then the project's own by name; without the archived ones.
#[utoipa::path(
    get,
    path = "/v1/event-types",
    operation_id = "list_event_types",
    tag = "Event types",
    security(("project_key" = ["webhooks:read"])),
    params(ListIn),
    responses((status = 200, description = "A page of event types", body = List<EventTypeOut>)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Query(query): Query<ListIn>,
) -> Result<Reply<List<EventTypeOut>>, Problem> {
    let list = ListEventTypes {
        caller: &caller,
        cursor: cursor_text(query.cursor),
        limit: query.limit.rows(app.engine.limits()),
    };
    Ok(Reply::ok(List::of(list.run(&app.engine).await?, EventTypeOut::from)))
}
