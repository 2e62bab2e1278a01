//! `GET /search`: from an id to its page; operators only.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::Right;
use postrider_service::search::{FindById, Found};

use crate::page::{Here, Page, Refusal, see};
use crate::view::shortened;
use crate::visit::Visit;
use crate::visit::links::with_query;

/// The longest text that is looked for, in characters: no id is longer.
const MOST_CHARS: usize = 200;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/search", get(handler))
}

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    /// An id.
    #[serde(default)]
    q: String,
}

/// `GET /search`
///
/// # Errors
/// What the session may not see.
async fn handler(
    State(app): State<App>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    visit.operator_only()?;
    visit.needs(Right::WebhooksRead)?;
    let id = asked.q.trim();
    let found = if id.is_empty() || id.chars().count() > MOST_CHARS {
        None
    } else {
        FindById { caller: &visit.caller, id }.run(&app.engine).await?
    };
    if let Some(found) = found {
        return Ok(see(&place(&visit, id, &found)));
    }
    let status = if id.is_empty() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let page = Nothing { asked: id.to_owned() };
    let title = if id.is_empty() { "Search" } else { "Nothing found" };
    Ok(Page::new(title, Here::Elsewhere, page.markup(&visit)).show_as(status, &app, &visit))
}

fn place(visit: &Visit, id: &str, found: &Found) -> String {
    let links = &visit.links;
    match found {
        Found::Event => links.event(id),
        Found::Endpoint { tenant } => links.webhook(tenant, id),
        Found::Replay => links.replay(id),
        Found::Tenant => links.tenant(id),
        Found::Attempt { event, endpoint } => links.delivery(event, endpoint),
    }
}

/// The page where nothing was found, or nothing was asked for.
#[derive(Debug)]
struct Nothing {
    asked: String,
}

impl Nothing {
    fn markup(&self, visit: &Visit) -> Markup {
        let of_type = with_query(&visit.links.at("/deliveries"), &[("type", &self.asked)]);
        let of_type = Some(of_type).filter(|_| postrider_model::name::event_type(&self.asked).is_ok());
        html! {
            section.panel {
                h2 { "Search by id" }
                form.search role="search" aria-label="Search by id, again" method="get" action=(visit.links.at("/search")) {
                    input type="search" name="q" value=(self.asked) aria-label="Id" maxlength=(MOST_CHARS) autocomplete="off" spellcheck="false";
                    button.primary type="submit" { "Search" }
                }
                @if !self.asked.is_empty() {
                    p { "Nothing in this project and mode has the id " strong { (shortened(&self.asked, MOST_CHARS)) } "." }
                }
                p { "These lead to their page:" }
                ul {
                    li { "the id of an event, a webhook or a replay" }
                    li { "the id of a tenant, whole" }
                    li { "the id of an attempt (" code { "whd_…" } "), if it was made for one of the newest 2,000 deliveries" }
                }
                p.soft { "What is past its retention, or deleted, is not found; nor is what belongs to the other mode." }
                @if let Some(address) = of_type {
                    p { a href=(address) { "Show deliveries of the event type " (shortened(&self.asked, 60)) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};

    impl View for Nothing {
        fn sample(kind: Kind) -> Self {
            let asked = match kind {
                Kind::Sample => "evt_1".to_owned(),
                Kind::Empty => String::new(),
                Kind::Hostile => hostile(),
            };
            Self { asked }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit)
        }
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<Nothing>();
    }
}
