//! `GET /v1/deliveries`

use axum::extract::State;
use postrider_http::{App, Cursor, Limit, List, May, Problem, Query, Reply, WebhooksRead, cursor_text};
use postrider_model::delivery::DeliveryState;
use postrider_model::time::Millis;
use postrider_service::delivery::ListDeliveries;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::DeliveryOut;

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListIn {
    /// Of this tenant.
    tenant: Option<String>,
    /// Of this endpoint.
    endpoint: Option<String>,
    /// In this state; several by comma.
    status: Option<String>,
    /// Of this type.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Events accepted at or after.
    #[param(value_type = Option<String>)]
    since: Option<Millis>,
    /// Events accepted before.
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

/// List deliveries
///
/// Newest first by acceptance of their events. A page may be short and still have a next one.
#[utoipa::path(
    get,
    path = "/v1/deliveries",
    operation_id = "list_deliveries",
    tag = "Deliveries",
    security(("project_key" = ["webhooks:read"])),
    params(ListIn),
    responses((status = 200, description = "A page of deliveries", body = List<DeliveryOut>)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Query(query): Query<ListIn>,
) -> Result<Reply<List<DeliveryOut>>, Problem> {
    let list = ListDeliveries {
        caller: &caller,
        tenant: query.tenant,
        endpoint: query.endpoint,
        states: states(query.status.as_deref())?,
        types: query.kind.into_iter().collect(),
        since: query.since,
        until: query.until,
        cursor: cursor_text(query.cursor),
        limit: query.limit.rows(app.engine.limits()),
    };
    let listed = list.run(&app.engine).await?;
    Ok(Reply::ok(List::of(listed.page, |row| DeliveryOut::new(&app.engine, &listed.context, row))))
}

fn states(text: Option<&str>) -> Result<Vec<DeliveryState>, Problem> {
    let names = text.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    let state = |name| {
        DeliveryState::from_name(name).ok_or_else(|| {
            Problem::invalid_at("/status", "This must be of pending, delivered, failed, held, cancelled.")
        })
    };
    names.map(state).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_states_are_told_by_comma() {
        assert_eq!(states(Some("failed, held,")).unwrap(), [DeliveryState::Failed, DeliveryState::Held]);
        assert_eq!(states(None).unwrap(), []);
        assert_eq!(states(Some("failed,lost")).unwrap_err().errors()[0].pointer, "/status");
    }
}
