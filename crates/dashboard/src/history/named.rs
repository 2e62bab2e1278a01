//! Rows of lists that hold several endpoints' deliveries: each says where it goes.

use postrider_http::App;
use postrider_service::endpoint::NameEndpoints;
use postrider_store::{DeliverySummary, Endpoint};

use super::row::Row;
use crate::page::Refusal;
use crate::visit::{Face, Visit};

/// What an endpoint is called in a list: its name, or where it is.
pub(super) fn short(endpoint: &Endpoint) -> String {
    let config = &endpoint.config;
    config.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| {
        let url = config.url.strip_prefix("https://").unwrap_or(&config.url);
        url.to_owned()
    })
}

/// Deliveries with their endpoints; for operators, with their tenants.
///
/// # Errors
/// Of the store.
pub(super) async fn rows(
    app: &App,
    visit: &Visit,
    deliveries: &[DeliverySummary],
) -> Result<Vec<Row>, Refusal> {
    let keys = deliveries.iter().map(|delivery| delivery.endpoint).collect();
    let endpoints = NameEndpoints { caller: &visit.caller, keys }.run(&app.engine).await?;
    let row = |delivery: &DeliverySummary| {
        let id = visit.contract.endpoint_id_form().show(delivery.endpoint_id.0);
        let found = endpoints.get(&delivery.endpoint);
        let name = found.map_or_else(|| id.clone(), short);
        let is_there = found.is_some_and(|endpoint| endpoint.deleted_at.is_none());
        let tenant = &delivery.tenant;
        Row {
            // A deleted one has no page any more.
            endpoint: Some((name, is_there.then(|| visit.links.webhook(tenant, &id)))),
            tenant: (visit.face == Face::Operator).then(|| (tenant.clone(), visit.links.tenant(tenant))),
            ..Row::new(app, visit, delivery)
        }
    };
    Ok(deliveries.iter().map(row).collect())
}
