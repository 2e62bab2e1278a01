//! `GET …/audit`: who changed what, when.

mod filters;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use postrider_http::{App, Problem};
use postrider_model::time::Millis;
use postrider_service::Right;
use postrider_store::{AuditEntry, AuditQuery, Page as Rows, StoreError};

use self::filters::Filters;
use crate::page::{Here, Page, Refusal};
use crate::view::pager::pager;
use crate::view::table::Table;
use crate::view::{empty, json, shortened, time};
use crate::visit::Visit;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/audit", get(handler))
}

async fn handler(
    visit: Visit,
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let mut filters = Filters::read(query.as_deref());
    let mut log = Rows { rows: Vec::new(), next: None };
    if filters.faults.is_empty() {
        match app.engine.store().audit(wanted(&app, &visit, &filters)).await {
            Ok(page) => log = page,
            Err(StoreError::BadCursor) => filters.misplaced(),
            Err(error) => return Err(Problem::from(error).into()),
        }
    }
    let log = Audit { rows: log.rows.into_iter().map(Row::from).collect(), next: log.next, filters };
    Ok(Page::new("Audit log", Here::Audit, log.markup(&visit)).show(&app, &visit))
}

fn wanted(app: &App, visit: &Visit, filters: &Filters) -> AuditQuery {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    AuditQuery {
        project: visit.caller.project,
        tenant: given(&filters.tenant),
        action: given(&filters.action),
        since: time::entered(&filters.since),
        until: time::entered(&filters.until),
        cursor: filters.cursor.clone(),
        limit: app.engine.limits().default_list_limit,
    }
}

/// The log, newest first.
#[derive(Debug)]
struct Audit {
    rows: Vec<Row>,
    next: Option<String>,
    filters: Filters,
}

#[derive(Debug)]
struct Row {
    at: Millis,
    actor: String,
    action: String,
    target: String,
    tenant: Option<String>,
    /// JSON.
    detail: String,
}

impl From<AuditEntry> for Row {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { at, actor, action, target, tenant, detail } = entry;
        Self { at, actor, action, target, tenant, detail: detail.to_string() }
    }
}

impl Audit {
    fn markup(&self, visit: &Visit) -> Markup {
        let path = visit.links.at("/audit");
        html! {
            (self.filters.form(&path))
            @if self.rows.is_empty() {
                (empty(if self.filters.are_any() { "No entries match" } else { "No entries yet" }, &html! {
                    p { @if self.filters.are_any() { "Nothing of this kind was done in this time." } @else { "What people and keys change in this project is noted here." } }
                    @if self.filters.are_any() { a.button href=(path) { "Show all" } }
                }))
            } @else {
                (Table {
                    caption: "Audit log, newest first",
                    columns: &["Action", "By", "Of", "Tenant", "When", "Detail"],
                    rows: self.rows.iter().map(|row| row.cells(visit)).collect(),
                }.show())
                (pager(&path, &self.filters.pairs(), self.filters.cursor.as_deref(), self.next.as_deref()))
            }
        }
    }
}

impl Row {
    fn cells(&self, visit: &Visit) -> Vec<Markup> {
        vec![
            html! { code { (shortened(&self.action, 40)) } },
            html! { (shortened(&self.actor, 60)) },
            html! { code { (shortened(&self.target, 60)) } },
            html! { @match &self.tenant {
                Some(tenant) => a href=(visit.links.tenant(tenant)) { (shortened(tenant, 40)) },
                None => span.none { "–" },
            } },
            time::at(self.at),
            html! { @if matches!(self.detail.as_str(), "{}" | "null") { span.none { "–" } } @else {
                details.fold { summary { "Show" } (json::viewer("Detail", self.detail.as_bytes())) }
            } },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};

    impl View for Audit {
        fn sample(kind: Kind) -> Self {
            let row = |text: String, detail: String| Row {
                at: Millis(1_769_077_800_000),
                actor: text.clone(),
                action: text.clone(),
                target: text.clone(),
                tenant: Some(text),
                detail,
            };
            let hostile_detail = serde_json::json!({ hostile(): hostile() }).to_string();
            let (rows, query) = match kind {
                Kind::Sample => (
                    vec![row("t1".into(), r#"{"fields":["url"]}"#.into()), row("t2".into(), "{}".into())],
                    "tenant=t1&cursor=9".to_owned(),
                ),
                Kind::Empty => (Vec::new(), String::new()),
                Kind::Hostile => (
                    vec![row(hostile(), hostile_detail)],
                    crate::visit::links::with_query(
                        "",
                        &[("tenant", &hostile()), ("since", &hostile()), ("action", &hostile())],
                    ),
                ),
            };
            Self { rows, next: Some("7".into()), filters: Filters::read(Some(query.trim_start_matches('?'))) }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit)
        }
    }

    #[test]
    fn the_audit_log_is_sound_with_any_data() {
        check::<Audit>();
    }
}
