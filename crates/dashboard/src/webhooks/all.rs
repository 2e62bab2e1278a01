//! `GET /dashboard/p/{project}/{mode}/webhooks`: the webhooks of all tenants, for operators.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::Right;
use postrider_service::endpoint::ListEndpoints;

use super::brief::Brief;
use crate::page::{Here, Page, Refusal};
use crate::view::field::Text;
use crate::view::pager::pager;
use crate::view::{self, shortened, table::Table};
use crate::visit::links::with_query;
use crate::visit::{Links, Visit};

/// Rows of a page.
const PAGE: usize = 50;

/// The name of those whose last attempt failed.
const FAILING: &str = "failing";

/// What to show: (name, words, enabled, failing).
const STATES: [(&str, &str, Option<bool>, Option<bool>); 4] = [
    ("", "All", None, None),
    (FAILING, "Failing", None, Some(true)),
    ("disabled", "Disabled", Some(false), None),
    ("enabled", "Enabled", Some(true), None),
];

/// The routes.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/webhooks", get(handler))
}

/// The address of the list of those that fail.
pub(crate) fn failing(links: &Links) -> String {
    with_query(&links.at("/webhooks"), &[("state", FAILING)])
}

#[derive(Debug, Default, serde::Deserialize)]
struct AllQuery {
    #[serde(default)]
    tenant: String,
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

async fn handler(
    visit: Visit,
    State(app): State<App>,
    Query(query): Query<AllQuery>,
) -> Result<Response, Refusal> {
    visit.operator_only()?;
    visit.needs(Right::WebhooksRead)?;
    let tenant = query.tenant.trim().to_owned();
    let (state, _, enabled, failing) =
        STATES.into_iter().find(|(name, ..)| *name == query.state).unwrap_or(STATES[0]);
    let list = ListEndpoints {
        caller: &visit.caller,
        tenant: Some(tenant.as_str()).filter(|tenant| !tenant.is_empty()),
        enabled,
        failing,
        cursor: query.cursor.clone(),
        limit: PAGE,
    };
    let found = list.run(&app.engine).await?;
    let rows = found.rows.iter().map(Brief::of).collect();
    let view = All { rows, tenant, state, cursor: query.cursor, next: found.next };
    Ok(Page::new("Webhooks", Here::Webhooks, view.markup(&visit)).show(&app, &visit))
}

/// A page of the list.
#[derive(Debug, Default)]
struct All {
    rows: Vec<Brief>,
    tenant: String,
    state: &'static str,
    cursor: Option<String>,
    next: Option<String>,
}

impl All {
    fn markup(&self, visit: &Visit) -> Markup {
        let here = visit.links.at("/webhooks");
        let rows = self.rows.iter().map(|webhook| {
            let address = visit.links.webhook(&webhook.tenant, &webhook.id);
            let tenant = visit.links.webhooks(&webhook.tenant);
            vec![
                webhook.headline(&address),
                html! { a href=(tenant) { (shortened(&webhook.tenant, 40)) } },
                webhook.status(),
                webhook.wants(),
                webhook.last_delivery(),
            ]
        });
        let columns = &["Webhook", "Tenant", "Status", "Events", "Last delivery"];
        let query = [("tenant", self.tenant.as_str()), ("state", self.state)];
        html! {
            (self.filters(&here))
            @if !self.tenant.is_empty() && visit.may(Right::WebhooksWrite) {
                p { a.button href={ (visit.links.webhooks(&self.tenant)) "/new" } { "Create a webhook for " (shortened(&self.tenant, 40)) } }
            }
            @if self.rows.is_empty() && self.next.is_none() { (self.nothing(visit)) }
            @else { (Table { caption: "Webhooks of all tenants", columns, rows: rows.collect() }.show()) }
            (pager(&here, &query, self.cursor.as_deref(), self.next.as_deref()))
        }
    }

    fn filters(&self, here: &str) -> Markup {
        let tenant =
            Text { name: "tenant", label: "Tenant", value: &self.tenant, kind: "search", ..Text::default() };
        html! {
            div.filters {
                nav.tabs aria-label="State" {
                    @for (name, words, ..) in STATES {
                        a href=(with_query(here, &[("tenant", &self.tenant), ("state", name)]))
                            aria-current=[(name == self.state).then_some("true")] { (words) }
                    }
                }
                form.filters method="get" action=(here) {
                    @if !self.state.is_empty() { input type="hidden" name="state" value=(self.state); }
                    (tenant.show())
                    button type="submit" { "Show" }
                }
            }
        }
    }

    fn nothing(&self, visit: &Visit) -> Markup {
        let is_narrowed = !self.tenant.is_empty() || !self.state.is_empty();
        match (is_narrowed, self.state) {
            (_, FAILING) => view::empty(
                "No webhook is failing",
                &html! { p.soft { "Those are listed here whose last request failed." } },
            ),
            (true, _) => view::empty(
                "No such webhook",
                &html! { p.soft { "Choose another state, or clear the tenant." } },
            ),
            (false, _) => view::empty(
                "No webhooks yet",
                &html! { p.soft {
                    "Customers make them in their portal, you on the page of a "
                    a href=(visit.links.at("/tenants")) { "tenant" }
                    " or by the API: the API's word for a webhook is endpoint."
                } },
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::brief::samples::briefs;
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};

    impl View for All {
        fn sample(kind: Kind) -> Self {
            let tenant = if kind == Kind::Hostile { hostile() } else { String::new() };
            let state = if kind == Kind::Sample { "failing" } else { "" };
            Self {
                rows: briefs(kind),
                next: Some(tenant.clone()).filter(|next| !next.is_empty()),
                tenant,
                state,
                cursor: None,
            }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit)
        }
    }

    #[test]
    fn the_list_bears_any_data() {
        check::<All>();
    }
}
