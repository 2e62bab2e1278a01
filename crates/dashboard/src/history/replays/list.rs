//! `GET /replays`: what was sent again in bulk, newest first; operators only.

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::Right;
use postrider_service::replay::ListReplays;

use super::view::{self, ReplayView};
use crate::page::{Here, Page, Refusal};
use crate::view::table::Table;
use crate::view::{empty, pager, shortened, time};
use crate::visit::Visit;

/// Rows of a page.
const ROWS: usize = 50;

/// Which replays.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    /// Of this tenant.
    #[serde(default)]
    tenant: String,
    /// From the page before.
    cursor: Option<String>,
}

/// A page of replays.
#[derive(Debug)]
struct ReplayList {
    path: String,
    asked: Asked,
    rows: Vec<ReplayView>,
    next: Option<String>,
}

/// `GET /replays`
///
/// # Errors
/// What the session may not see; a place that is not of this list.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    visit.operator_only()?;
    visit.needs(Right::WebhooksRead)?;
    let list = ListReplays {
        caller: &visit.caller,
        tenant: Some(asked.tenant.clone()).filter(|tenant| !tenant.is_empty()),
        cursor: asked.cursor.clone(),
        limit: ROWS,
    };
    let path = visit.links.at("/replays");
    let listed = list.run(&app.engine).await;
    let page = listed.map_err(|error| Refusal::from(error).onward("To all replays", path.clone()))?.page;
    let rows = view::views(&app, &visit, page.rows).await?;
    let list = ReplayList { path, asked, rows, next: page.next };
    Ok(Page::new("Replays", Here::Replays, list.markup()).show(&app, &visit))
}

impl ReplayList {
    fn markup(&self) -> Markup {
        let tenant = self.asked.tenant.as_str();
        let advice = html! { p.soft { "A replay sends again what failed or was held. It is started on a webhook's page." } };
        html! {
            @if !tenant.is_empty() {
                p { "Of the tenant " (shortened(tenant, 128)) ". " a href=(self.path) { "Show all" } }
            }
            @if self.rows.is_empty() { (empty("No replays yet", &advice)) } @else { (self.table()) }
            (pager::pager(&self.path, &[("tenant", tenant)], self.asked.cursor.as_deref(), self.next.as_deref()))
        }
    }

    fn table(&self) -> Markup {
        let rows = self.rows.iter().map(|replay| {
            let (name, _) = &replay.endpoint;
            vec![
                html! { a href=(replay.address) { (time::brief(replay.created_at)) } },
                shortened(name, 80),
                html! { @if let Some((tenant, page)) = &replay.tenant { a href=(page) { (shortened(tenant, 60)) } } },
                replay.badge(),
                html! { span.num { (replay.matched) } },
                html! { span.num { (replay.reopened) } },
            ]
        });
        let columns = &["Begun", "Webhook", "Tenant", "Status", "Matched", "Sent again"];
        Table { caption: "Replays, newest first", columns, rows: rows.collect() }.show()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};

    impl View for ReplayList {
        fn sample(kind: Kind) -> Self {
            let text = if kind == Kind::Hostile { hostile() } else { String::new() };
            Self {
                path: "/dashboard/p/acme/live/replays".into(),
                asked: Asked { tenant: text, cursor: (kind == Kind::Hostile).then(hostile) },
                rows: if kind == Kind::Empty { Vec::new() } else { vec![view::samples::view(kind); 2] },
                next: (kind == Kind::Hostile).then(hostile),
            }
        }

        fn markup(&self, _: &Visit, _: &Forms) -> Markup {
            self.markup()
        }
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<ReplayList>();
    }
}
