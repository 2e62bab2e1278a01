//! `GET /webhooks`: a tenant's endpoints.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::Right;
use postrider_service::endpoint::ListEndpoints;

use super::brief::Brief;
use super::{OfTenant, crumbs};
use crate::form::Forms;
use crate::page::{Here, Page, Refusal, refusal::DoneQuery};
use crate::view::pager::pager;
use crate::view::{self, table::Table};
use crate::visit::Visit;

/// Rows of a page.
const PAGE: usize = 50;

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct ListQuery {
    cursor: Option<String>,
}

pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfTenant>,
    Query(query): Query<ListQuery>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let tenant = path.tenant(&visit)?.to_owned();
    let list = ListEndpoints {
        caller: &visit.caller,
        tenant: Some(&tenant),
        enabled: None,
        failing: None,
        cursor: query.cursor.clone(),
        limit: PAGE,
    };
    let found = list.run(&app.engine).await?;
    let rows = found.rows.iter().map(Brief::of).collect();
    let view = List { tenant, rows, cursor: query.cursor, next: found.next };
    let forms = Forms::new(&app, &visit.token);
    let page = Page::new("Webhooks", Here::Webhooks, view.markup(&visit, &forms));
    let page = crumbs(page, &visit, &view.tenant).with_actions(view.actions(&visit));
    Ok(page.after(done.notice()).show(&app, &visit))
}

/// A page of the list.
#[derive(Debug)]
struct List {
    tenant: String,
    rows: Vec<Brief>,
    cursor: Option<String>,
    next: Option<String>,
}

impl List {
    fn actions(&self, visit: &Visit) -> Markup {
        let new = format!("{}/new", visit.links.webhooks(&self.tenant));
        html! {
            @if visit.may(Right::WebhooksWrite) && !self.is_empty() { a.button.primary href=(new) { "Create Webhook" } }
        }
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.cursor.is_none()
    }

    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        let here = visit.links.webhooks(&self.tenant);
        if self.is_empty() {
            return self.invitation(visit);
        }
        let may_write = visit.may(Right::WebhooksWrite);
        let rows = self.rows.iter().map(|webhook| {
            let address = visit.links.webhook(&self.tenant, &webhook.id);
            let mut row =
                vec![webhook.headline(&address), webhook.status(), webhook.wants(), webhook.last_delivery()];
            if may_write {
                row.push(switch(webhook, &address, forms));
            }
            row
        });
        let columns = ["Webhook", "Status", "Events", "Last delivery", ""];
        let columns = columns.get(..if may_write { 5 } else { 4 }).unwrap_or(&columns);
        html! {
            (Table { caption: "Webhooks", columns, rows: rows.collect() }.show())
            (pager(&here, &[], self.cursor.as_deref(), self.next.as_deref()))
        }
    }

    fn invitation(&self, visit: &Visit) -> Markup {
        let new = format!("{}/new", visit.links.webhooks(&self.tenant));
        view::empty(
            "No webhooks yet",
            &html! {
                p.soft { "A webhook tells your application what happens, as it happens: each event is sent to a URL of yours by HTTP POST." }
                @if visit.may(Right::WebhooksWrite) { p { a.button.primary href=(new) { "Create Webhook" } } }
            },
        )
    }
}

/// The button that enables or disables it.
pub(super) fn switch(webhook: &Brief, address: &str, forms: &Forms) -> Markup {
    if webhook.enabled {
        forms.button(&format!("{address}/disable"), "Disable")
    } else {
        forms.button(&format!("{address}/enable"), "Enable")
    }
}

#[cfg(test)]
mod tests {
    use super::super::brief::samples::briefs;
    use super::*;
    use crate::samples::{Kind, View, check};

    impl View for List {
        fn sample(kind: Kind) -> Self {
            let cursor = (kind == Kind::Hostile).then(crate::samples::hostile);
            Self { tenant: "t1".into(), rows: briefs(kind), next: cursor.clone(), cursor }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            html! { (self.actions(visit)) (self.markup(visit, forms)) }
        }
    }

    #[test]
    fn the_list_bears_any_data() {
        check::<List>();
    }
}
