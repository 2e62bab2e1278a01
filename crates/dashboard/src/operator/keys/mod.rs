//! `…/keys`: a project's API keys. Like the API, these pages need the root key (DESIGN 4.2).

mod create;
mod list;
mod revoke;

use axum::Router;
use axum::routing::{get, post};
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::id::Mode;
use postrider_model::time::Millis;
use postrider_service::key::show_id;
use postrider_store::ApiKey;

use crate::form::Forms;
use crate::view::table::Table;
use crate::view::{confirmed, shortened, time};
use crate::visit::Visit;
use crate::visit::links::segment;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/keys", get(list::handler))
        .route("/keys/new", get(create::show).post(create::submit))
        .route("/keys/{key}/revoke", post(revoke::handler))
}

/// A key as it is listed.
#[derive(Debug)]
pub(in crate::operator) struct Row {
    id: String,
    name: String,
    prefix: String,
    mode: Mode,
    tenant: Option<String>,
    scopes: Vec<String>,
    created_at: Millis,
}

impl From<ApiKey> for Row {
    fn from(key: ApiKey) -> Self {
        Self {
            id: show_id(key.id),
            name: key.name,
            prefix: key.prefix,
            mode: key.mode,
            tenant: key.tenant.map(|(_, id)| id),
            scopes: key.scopes,
            created_at: key.created_at,
        }
    }
}

/// The table of keys.
pub(in crate::operator) fn table(caption: &str, rows: &[Row], visit: &Visit, forms: &Forms) -> Markup {
    Table {
        caption,
        columns: &["Key", "Mode", "Of", "Scopes", "Created", ""],
        rows: rows.iter().map(|row| row.cells(visit, forms)).collect(),
    }
    .show()
}

impl Row {
    fn cells(&self, visit: &Visit, forms: &Forms) -> Vec<Markup> {
        let revoke = visit.links.at(&format!("/keys/{}/revoke", segment(&self.id)));
        let button = html! { button.danger type="submit" { "Revoke" } };
        vec![
            html! {
                @if !self.name.is_empty() { strong { (shortened(&self.name, 60)) } div.soft { (self.shown()) } }
                @else { (self.shown()) }
            },
            mode(self.mode),
            html! { @match &self.tenant {
                Some(tenant) => a href=(visit.links.tenant(tenant)) { (shortened(tenant, 40)) },
                None => "the project",
            } },
            html! { span.links { @for scope in &self.scopes { code { bdi { (scope) } } } } },
            time::at(self.created_at),
            confirmed("Revoke", "What uses this key stops working at once.", &forms.form(&revoke, button)),
        ]
    }

    fn shown(&self) -> Markup {
        html! { code { (shortened(&self.prefix, 30)) "…" } }
    }
}

/// A mode as a badge.
fn mode(mode: Mode) -> Markup {
    match mode {
        Mode::Live => html! { span.badge { "live" } },
        Mode::Test => html! { span.badge.test { "test" } },
    }
}

#[cfg(test)]
pub(in crate::operator) fn sample_rows(kind: crate::samples::Kind) -> Vec<Row> {
    use crate::samples::{Kind, hostile};
    let row = |text: &str, tenant: Option<&str>| Row {
        id: "key_1".into(),
        name: text.into(),
        prefix: "sk_live_ab".into(),
        mode: if tenant.is_some() { Mode::Test } else { Mode::Live },
        tenant: tenant.map(str::to_owned),
        scopes: vec!["*".into(), text.into()],
        created_at: Millis(1_769_077_800_000),
    };
    match kind {
        Kind::Sample => vec![row("ci", None), row("", Some("t1"))],
        Kind::Empty => Vec::new(),
        Kind::Hostile => vec![row(&hostile(), Some(&hostile()))],
    }
}
