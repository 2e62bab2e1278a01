//! `GET /catalogue`: the types of events there are.

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::Right;
use postrider_service::event_type::{CatalogueType, ListEventTypes};

use crate::page::refusal::DoneQuery;
use crate::page::{Here, Page, Refusal};
use crate::view::table::Table;
use crate::view::{empty, pager, shortened};
use crate::visit::{Face, Visit};

/// Rows of a page.
const ROWS: usize = 100;

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    /// From the page before.
    cursor: Option<String>,
}

/// A page of the catalogue.
#[derive(Debug, Default)]
struct Catalogue {
    path: String,
    rows: Vec<Row>,
    cursor: Option<String>,
    next: Option<String>,
}

/// A type.
#[derive(Debug, Clone)]
struct Row {
    name: String,
    address: String,
    description: String,
    schema: bool,
    /// Of the contract; not declared by the project.
    of_contract: bool,
}

/// `GET /catalogue`
///
/// # Errors
/// What the session may not see; a place that is not of this list.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    Query(asked): Query<Asked>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let path = visit.links.at("/catalogue");
    let list = ListEventTypes { caller: &visit.caller, cursor: asked.cursor.clone(), limit: ROWS };
    let page = list.run(&app.engine).await;
    let page = page.map_err(|error| Refusal::from(error).onward("To the catalogue", path.clone()))?;
    let rows = page.rows.into_iter().map(|kind| Row::new(&visit, kind)).collect();
    let catalogue = Catalogue { path: path.clone(), rows, cursor: asked.cursor, next: page.next };
    let mut page = Page::new("Event catalogue", Here::Catalogue, catalogue.markup(&visit));
    if visit.face == Face::Operator && visit.may(Right::ProjectAdmin) {
        page = page.with_actions(html! { a.button.primary href={ (path) "/new" } { "New type" } });
    }
    Ok(page.after(done.notice()).show(&app, &visit))
}

impl Row {
    fn new(visit: &Visit, kind: CatalogueType) -> Self {
        let address = visit.links.event_type(kind.name());
        match kind {
            CatalogueType::Own(own) => Self {
                name: own.name,
                address,
                description: own.description,
                schema: own.schema.is_some(),
                of_contract: false,
            },
            CatalogueType::Contract { name, description, .. } => {
                Self { name, address, description, schema: false, of_contract: true }
            }
        }
    }
}

impl Catalogue {
    fn markup(&self, visit: &Visit) -> Markup {
        let advice = match visit.face {
            Face::Operator => {
                html! { p.soft { "A type that is declared has a description, an example and, if wanted, a schema that events must follow." } }
            }
            Face::Customer => html! { p.soft { "Events of any type may come; none is described here." } },
        };
        html! {
            @if visit.face == Face::Customer && !self.rows.is_empty() {
                p.soft { "These events can be sent to your webhooks. Open one to see what arrives." }
            }
            @if self.rows.is_empty() { (empty("No event types yet", &advice)) } @else { (self.table(visit)) }
            (pager::pager(&self.path, &[], self.cursor.as_deref(), self.next.as_deref()))
        }
    }

    fn table(&self, visit: &Visit) -> Markup {
        let is_operator = visit.face == Face::Operator;
        let rows = self.rows.iter().map(|row| {
            let mut cells = vec![
                html! { a.mono href=(row.address) { (shortened(&row.name, 128)) } },
                shortened(&row.description, 300),
            ];
            if is_operator {
                cells.push(html! { @if row.of_contract { span.soft { "by the contract" } } @else { "by the project" @if row.schema { ", with a schema" } } });
            }
            cells
        });
        let columns: &[&str] =
            if is_operator { &["Type", "Description", "Declared"] } else { &["Type", "Description"] };
        Table { caption: "Event types", columns, rows: rows.collect() }.show()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};

    impl View for Catalogue {
        fn sample(kind: Kind) -> Self {
            let text = if kind == Kind::Hostile { hostile() } else { "A lead was created".into() };
            let row = Row {
                name: text.clone(),
                address: "/portal/catalogue/lead.created".into(),
                description: text,
                schema: true,
                of_contract: false,
            };
            Self {
                path: "/portal/catalogue".into(),
                rows: if kind == Kind::Empty { Vec::new() } else { vec![row; 2] },
                cursor: None,
                next: (kind == Kind::Hostile).then(hostile),
            }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit)
        }
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<Catalogue>();
    }
}
