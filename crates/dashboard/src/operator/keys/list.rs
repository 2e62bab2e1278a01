//! `GET …/keys`

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::{App, Problem};

use super::{Row, table};
use crate::form::Forms;
use crate::operator::root_only;
use crate::page::refusal::DoneQuery;
use crate::page::{Here, Page, Refusal};
use crate::view::empty;
use crate::view::pager::pager;
use crate::visit::Visit;

/// What is asked for.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Asked {
    /// Where the page before ended.
    cursor: Option<String>,
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
    let page = app.engine.store().keys(visit.project.key, asked.cursor.clone(), limit).await;
    let page = page.map_err(Problem::from)?;
    let list =
        Keys { rows: page.rows.into_iter().map(Row::from).collect(), cursor: asked.cursor, next: page.next };
    let forms = Forms::new(&app, &visit.token);
    let actions = html! { a.button.primary href=(visit.links.at("/keys/new")) { "Create key" } };
    Ok(Page::new("API keys", Here::Keys, list.markup(&visit, &forms))
        .with_actions(actions)
        .after(done.notice())
        .show(&app, &visit))
}

/// The list.
#[derive(Debug)]
struct Keys {
    rows: Vec<Row>,
    cursor: Option<String>,
    next: Option<String>,
}

impl Keys {
    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        if self.rows.is_empty() && self.cursor.is_none() {
            let advice = html! {
                p { "Your product sends events and asks the API with a key." }
                a.button.primary href=(visit.links.at("/keys/new")) { "Create the first key" }
            };
            return empty("There is no key yet.", &advice);
        }
        html! {
            p.soft { "Keys of both modes, newest first. Of a key only its first characters are kept." }
            (table("API keys, newest first", &self.rows, visit, forms))
            (pager(&visit.links.at("/keys"), &[], self.cursor.as_deref(), self.next.as_deref()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::keys::sample_rows;
    use crate::samples::{Kind, View, check};

    impl View for Keys {
        fn sample(kind: Kind) -> Self {
            Self { rows: sample_rows(kind), cursor: None, next: None }
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
