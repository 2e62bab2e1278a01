//! `GET /v1/events`

use axum::extract::State;
use postrider_http::{App, Cursor, Limit, List, May, Problem, Query, Reply, WebhooksRead, cursor_text};
use postrider_model::time::Millis;
use postrider_service::event::ListEvents;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::EventOut;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListIn {
    /// Of this tenant.
    tenant: Option<String>,
    /// Of this type.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Accepted at or after.
    #[param(value_type = Option<String>)]
    since: Option<Millis>,
    /// Accepted before.
    #[param(value_type = Option<String>)]
    until: Option<Millis>,
    /// Rows of the page, at most 250.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// List events
///
/// Newest first by acceptance. A page may be short and still have a next one.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "list_events",
    tag = "Events",
    security(("project_key" = ["webhooks:read"])),
    params(ListIn),
    responses((status = 200, description = "A page of events", body = List<EventOut>)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Query(query): Query<ListIn>,
) -> Result<Reply<List<EventOut>>, Problem> {
    let list = ListEvents {
        caller: &caller,
        tenant: query.tenant,
        types: query.kind.into_iter().collect(),
        since: query.since,
        until: query.until,
        cursor: cursor_text(query.cursor),
        limit: query.limit.rows(app.engine.limits()),
    };
    let listed = list.run(&app.engine).await?;
    Ok(Reply::ok(List::of(listed.page, |row| EventOut::new(&app.engine, &listed.context, row))))
}
