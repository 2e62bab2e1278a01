//! `GET /dashboard/projects`

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::{App, Problem};
use postrider_model::id::Mode;
use postrider_model::time::Millis;

use crate::page::refusal::DoneQuery;
use crate::page::{Here, Page, Refusal};
use crate::view::pager::pager;
use crate::view::table::Table;
use crate::view::{empty, shortened, time};
use crate::visit::{Links, Signed};

/// What is asked for.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Asked {
    /// Where the page before ended.
    cursor: Option<String>,
}

/// `GET /dashboard/projects`
///
/// # Errors
/// 403 without the root key.
pub(super) async fn handler(
    State(app): State<App>,
    session: Signed,
    Query(asked): Query<Asked>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    session.root_only()?;
    let limit = app.engine.limits().default_list_limit;
    let page = app.engine.store().projects(asked.cursor.clone(), limit).await.map_err(Problem::from)?;
    let contracts = app.engine.contracts();
    let row = |project: postrider_store::Project| Row {
        contract: contracts.get(&project.contract).map_or(project.contract, |known| known.title.clone()),
        id: project.id,
        name: project.name,
        created_at: project.created_at,
    };
    let list =
        Projects { rows: page.rows.into_iter().map(row).collect(), cursor: asked.cursor, next: page.next };
    let actions = html! { a.button.primary href=(Links::above().at("/projects/new")) { "Create project" } };
    Ok(Page::new("Projects", Here::Projects, list.markup())
        .with_actions(actions)
        .after(done.notice())
        .show_above(&app, &session))
}

/// The list.
#[derive(Debug)]
struct Projects {
    rows: Vec<Row>,
    cursor: Option<String>,
    next: Option<String>,
}

#[derive(Debug)]
struct Row {
    id: String,
    name: String,
    contract: String,
    created_at: Millis,
}

impl Projects {
    fn markup(&self) -> Markup {
        if self.rows.is_empty() && self.cursor.is_none() {
            let advice = html! {
                p { "A project is one product that sends webhooks. It has a contract, an event catalogue and API keys." }
                a.button.primary href=(Links::above().at("/projects/new")) { "Create the first project" }
            };
            return empty("No projects yet", &advice);
        }
        let table = Table {
            caption: "Projects, newest first",
            columns: &["Project", "Id", "Contract", "Created", "Open"],
            rows: self.rows.iter().map(Row::cells).collect(),
        };
        html! {
            (table.show())
            (pager(&Links::above().at("/projects"), &[], self.cursor.as_deref(), self.next.as_deref()))
        }
    }
}

impl Row {
    fn cells(&self) -> Vec<Markup> {
        let open = |mode| Links::operator(&self.id, mode).at("");
        vec![
            html! { a href=(open(Mode::Live)) { strong { (shortened(&self.name, 60)) } } },
            html! { code { bdi { (self.id) } } },
            html! { (shortened(&self.contract, 60)) },
            time::at(self.created_at),
            html! { span.links { a href=(open(Mode::Live)) { "Live" } a href=(open(Mode::Test)) { "Test" } } },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};
    use crate::visit::Visit;

    impl View for Projects {
        fn sample(kind: Kind) -> Self {
            let row = |name: String| Row {
                id: "acme".into(),
                contract: name.clone(),
                name,
                created_at: Millis(1_769_077_800_000),
            };
            let rows = match kind {
                Kind::Sample => vec![row("Acme".into()), row("Beta".into())],
                Kind::Empty => Vec::new(),
                Kind::Hostile => vec![row(hostile())],
            };
            Self { rows, cursor: None, next: (kind != Kind::Empty).then(|| "17".to_owned()) }
        }

        fn markup(&self, _: &Visit, _: &Forms) -> Markup {
            self.markup()
        }
    }

    #[test]
    fn the_list_of_projects_is_sound_with_any_data() {
        check::<Projects>();
    }
}
