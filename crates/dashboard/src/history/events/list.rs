//! `GET /events`: what happened, newest first; operators only.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use postrider_http::{App, Problem};
use postrider_model::time::Millis;
use postrider_service::event::{ListEvents, ListedEvents};
use postrider_service::{Right, ServiceError};
use postrider_store::StoreError;

use crate::history::filter_form::{Offer, SUGGESTED};
use crate::history::filters::Filters;
use crate::history::further;
use crate::page::{Here, Page, Refusal};
use crate::view::table::Table;
use crate::view::{empty, shortened, state, time};
use crate::visit::Visit;

/// Rows of a page.
const ROWS: usize = 50;

/// A page of events.
#[derive(Debug, Default)]
struct EventList {
    path: String,
    filters: Filters,
    offer: Offer,
    rows: Vec<Row>,
    next: Option<String>,
}

/// One event.
#[derive(Debug, Clone)]
struct Row {
    address: String,
    kind: String,
    accepted_at: Millis,
    /// Its id and page.
    tenant: (String, String),
    deliveries: u32,
    deliver_at: Option<Millis>,
    test: bool,
    notice: bool,
}

/// `GET /events`
///
/// # Errors
/// What the session may not see. A filter that is wrong is told in its field, with 422.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    visit.operator_only()?;
    visit.needs(Right::WebhooksRead)?;
    let mut filters = Filters::read(query.as_deref(), &visit);
    let mut list = EventList::default();
    if filters.faults.is_empty() {
        match read(&app, &visit, &filters).await {
            Err(ServiceError::Store(StoreError::BadCursor)) => filters.misplaced(),
            listed => list = EventList::of(&app, &visit, listed?),
        }
    }
    let context = app.engine.project(visit.caller.project).await.map_err(Problem::from)?;
    list.path = visit.links.at("/events");
    list.offer = Offer {
        tenants: true,
        kinds: context.valid_types().into_iter().take(SUGGESTED).collect(),
        ..Offer::default()
    };
    let status = if filters.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    list.filters = filters;
    Ok(Page::new("Events", Here::Events, list.markup()).show_as(status, &app, &visit))
}

async fn read(app: &App, visit: &Visit, filters: &Filters) -> Result<ListedEvents, ServiceError> {
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let list = ListEvents {
        caller: &visit.caller,
        tenant: given(&filters.tenant),
        types: given(&filters.kind).into_iter().collect(),
        since: filters.since(app.engine.now()),
        until: filters.until(),
        cursor: filters.cursor.clone(),
        limit: ROWS,
    };
    list.run(&app.engine).await
}

impl EventList {
    fn of(app: &App, visit: &Visit, listed: ListedEvents) -> Self {
        let rows = listed.page.rows.into_iter().map(|event| {
            let id = visit.contract.event_id_form().show(event.ordinal.to_uuid(app.engine.salt()));
            Row {
                address: visit.links.event(&id),
                kind: event.kind,
                accepted_at: event.accepted_at,
                tenant: (event.tenant.clone(), visit.links.tenant(&event.tenant)),
                deliveries: event.deliveries,
                deliver_at: event.deliver_at,
                test: event.flags.test,
                notice: event.flags.notice,
            }
        });
        Self { rows: rows.collect(), next: listed.page.next, ..Self::default() }
    }

    fn markup(&self) -> Markup {
        html! {
            (self.offer.show(&self.path, &self.filters))
            @if !self.rows.is_empty() { (self.table()) }
            @else if self.next.is_none() && self.filters.faults.is_empty() { (self.none()) }
            (further::onward(&self.path, &self.filters, self.next.as_deref(), self.rows.len(), ROWS))
        }
    }

    fn none(&self) -> Markup {
        if self.filters.are_any() {
            return empty("No events match", &html! { p { a href=(self.path) { "Show all events" } } });
        }
        let advice = html! { p.soft { "Events that are accepted by " code { "POST /v1/events" } " are listed here." } };
        empty("No events yet", &advice)
    }

    fn table(&self) -> Markup {
        let rows = self.rows.iter().map(|row| {
            vec![
                html! { a href=(row.address) { (shortened(&row.kind, 80)) } (marks(row)) },
                time::brief(row.accepted_at),
                html! { a href=(row.tenant.1) { (shortened(&row.tenant.0, 60)) } },
                html! { span.num { (row.deliveries) } },
            ]
        });
        let columns = &["Event", "Accepted", "Tenant", "Deliveries"];
        Table { caption: "Events, newest first", columns, rows: rows.collect() }.show()
    }
}

/// What sets an event apart.
fn marks(row: &Row) -> Markup {
    html! {
        @if row.test { " " (state::badge("test", "⚑", "test")) }
        @if row.notice { " " (state::badge("none", "i", "notice")) }
        @if let Some(at) = row.deliver_at { div.whose { "scheduled for " (time::brief(at)) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};

    impl View for EventList {
        fn sample(kind: Kind) -> Self {
            let text = if kind == Kind::Hostile { hostile() } else { "invoice.paid".into() };
            let row = Row {
                address: "/dashboard/p/acme/live/events/evt_1".into(),
                kind: text.clone(),
                accepted_at: Millis(1_769_077_800_123),
                tenant: (text.clone(), "/dashboard/p/acme/live/tenants/t1".into()),
                deliveries: u32::MAX,
                deliver_at: Some(Millis(1_769_087_800_123)),
                test: true,
                notice: true,
            };
            Self {
                path: "/dashboard/p/acme/live/events".into(),
                offer: Offer { tenants: true, kinds: vec![text], ..Offer::default() },
                rows: if kind == Kind::Empty { Vec::new() } else { vec![row; 3] },
                next: (kind == Kind::Hostile).then(hostile),
                ..Self::default()
            }
        }

        fn markup(&self, _: &Visit, _: &Forms) -> Markup {
            self.markup()
        }
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<EventList>();
    }
}
