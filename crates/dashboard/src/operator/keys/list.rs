//! `GET …/keys`

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::key::ListKeys;

use super::{Row, table};
use crate::form::Forms;
use crate::operator::root_only;
use crate::page::refusal::DoneQuery;
use crate::page::{Here, Page, Refusal};
use crate::view::pager::pager;
use crate::view::{empty, shortened};
use crate::visit::Visit;
use crate::visit::links::with_query;

/// What is asked for.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Asked {
    /// Where the page before ended.
    cursor: Option<String>,
    /// Of this tenant.
    tenant: Option<String>,
}

/// `GET …/keys`
///
/// # Errors
/// 403 without the root key.
pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    Query(asked): Query<Asked>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    root_only(&visit)?;
    let limit = app.engine.limits().default_list_limit;
    let list = ListKeys {
        project: &visit.project.id,
        tenant: asked.tenant.as_deref(),
        cursor: asked.cursor.clone(),
        limit,
    };
    let page = list.run(&app.engine).await?;
    let list = Keys {
        rows: page.rows.into_iter().map(Row::from).collect(),
        tenant: asked.tenant.unwrap_or_default(),
        cursor: asked.cursor,
        next: page.next,
    };
    let forms = Forms::new(&app, &visit.token);
    let actions = html! { a.button.primary href=(list.new_key(&visit)) { "Create key" } };
    Ok(Page::new("API keys", Here::Keys, list.markup(&visit, &forms))
        .with_actions(actions)
        .after(done.notice())
        .show(&app, &visit))
}

/// The list.
#[derive(Debug)]
struct Keys {
    rows: Vec<Row>,
    /// Of this tenant; of all and the project where it is empty.
    tenant: String,
    cursor: Option<String>,
    next: Option<String>,
}

impl Keys {
    fn new_key(&self, visit: &Visit) -> String {
        with_query(&visit.links.at("/keys/new"), &[("tenant", &self.tenant)])
    }

    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        if self.rows.is_empty() && self.cursor.is_none() {
            let advice = html! {
                p { "Your product sends events and asks the API with a key." }
                a.button.primary href=(self.new_key(visit)) { "Create the first key" }
            };
            return empty("No API keys yet", &advice);
        }
        html! {
            p.soft {
                @if self.tenant.is_empty() { "Keys of both modes, newest first. Of a key only its first characters are kept." }
                @else { "Keys of " a href=(visit.links.tenant(&self.tenant)) { (shortened(&self.tenant, 60)) } " in both modes. " a href=(visit.links.at("/keys")) { "Show all" } }
            }
            (table("API keys, newest first", &self.rows, visit, forms))
            (pager(&visit.links.at("/keys"), &[("tenant", &self.tenant)], self.cursor.as_deref(), self.next.as_deref()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::keys::sample_rows;
    use crate::samples::{Kind, View, check, hostile};

    impl View for Keys {
        fn sample(kind: Kind) -> Self {
            let tenant = if kind == Kind::Hostile { hostile() } else { String::new() };
            Self { rows: sample_rows(kind), tenant, cursor: None, next: None }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    #[test]
    fn the_list_of_keys_is_sound_with_any_data() {
        check::<Keys>();
    }
}
