//! `GET /deliveries`: what was sent and is to be sent, newest first, on both faces.

mod page;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use postrider_http::{App, Problem};
use postrider_service::delivery::{ListDeliveries, ListedDeliveries};
use postrider_service::endpoint::ListEndpoints;
use postrider_service::{Right, ServiceError};
use postrider_store::StoreError;

use self::page::DeliveryList;
use super::filter_form::{Offer, SUGGESTED};
use super::filters::Filters;
use super::named;
use crate::live::{self, Part};
use crate::page::{Here, Page, Refusal};
use crate::visit::{Face, Visit};

/// Rows of a page.
const ROWS: usize = 50;
/// The most endpoints of a tenant that are offered by name.
const NAMED: usize = 100;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/deliveries", get(show)).route("/deliveries/live", get(follow))
}

/// `GET /deliveries`
///
/// # Errors
/// What the session may not see. A filter that is wrong is told in its field, with 422.
async fn show(State(app): State<App>, visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let mut filters = Filters::read(query.as_deref(), &visit);
    let mut list = DeliveryList::default();
    if filters.faults.is_empty() {
        match read(&app, &visit, &filters).await {
            Err(ServiceError::Store(StoreError::BadCursor)) => filters.misplaced(),
            listed => list = DeliveryList::of(&app, &visit, listed?).await?,
        }
    }
    list.path = visit.links.at("/deliveries");
    list.offer = offer(&app, &visit, &filters).await?;
    let status = if filters.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    list.filters = filters;
    let title = match visit.face {
        Face::Operator => "Deliveries",
        Face::Customer => "Recent deliveries",
    };
    Ok(Page::new(title, Here::Deliveries, list.markup(&visit)).show_as(status, &app, &visit))
}

/// `GET /deliveries/live`: the first page of all deliveries, as it changes.
///
/// # Errors
/// What the session may not see.
async fn follow(State(app): State<App>, visit: Visit) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let (state, whose) = (app.clone(), visit.clone());
    Ok(live::follow(app, &visit, move || {
        let (app, visit) = (state.clone(), whose.clone());
        async move {
            let listed = read(&app, &visit, &Filters::default()).await?;
            let list = DeliveryList::of(&app, &visit, listed).await?;
            Ok(Part { markup: list.rows(), last: false })
        }
    }))
}

async fn read(app: &App, visit: &Visit, filters: &Filters) -> Result<ListedDeliveries, ServiceError> {
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let list = ListDeliveries {
        caller: &visit.caller,
        tenant: given(&filters.tenant),
        endpoint: given(&filters.endpoint),
        states: filters.states(),
        types: given(&filters.kind).into_iter().collect(),
        since: filters.since(app.engine.now()),
        until: filters.until(),
        cursor: filters.cursor.clone(),
        limit: ROWS,
    };
    list.run(&app.engine).await
}

async fn offer(app: &App, visit: &Visit, filters: &Filters) -> Result<Offer, Refusal> {
    let context = app.engine.project(visit.caller.project).await.map_err(Problem::from)?;
    let mut offer = Offer {
        tenants: visit.face == Face::Operator,
        endpoints: true,
        states: true,
        kinds: context.valid_types().into_iter().take(SUGGESTED).collect(),
        ..Offer::default()
    };
    let tenant = visit.tenant(Some(filters.tenant.as_str()).filter(|tenant| !tenant.is_empty()));
    if let Ok(tenant) = tenant
        && filters.faults.at("/tenant").next().is_none()
    {
        let list = ListEndpoints {
            caller: &visit.caller,
            tenant: Some(tenant),
            enabled: None,
            failing: None,
            cursor: None,
            limit: NAMED,
        };
        let page = list.run(&app.engine).await?;
        if page.next.is_none() {
            let named = page.rows.iter().map(|found| (found.public_id(), named::short(&found.endpoint)));
            offer.named_endpoints = named.collect();
        }
    }
    Ok(offer)
}
