//! `GET /catalogue/{type}`: a type of events, and what arrives of one.

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::time::Millis;
use postrider_service::Right;
use postrider_service::delivery::ShownRequest;
use postrider_service::event_type::{CatalogueType, Example, ShowExample};

use crate::history::delivery::request;
use crate::history::viewed;
use crate::page::refusal::DoneQuery;
use crate::page::{Here, Page, Refusal};
use crate::view::facts::facts;
use crate::view::{section, shortened, shortened_text, state, time};
use crate::visit::{At, Face, Visit};

/// The type that a path names.
#[derive(Debug, serde::Deserialize)]
pub(super) struct TypePath {
    #[serde(rename = "type")]
    name: String,
}

/// A type.
#[derive(Debug)]
struct TypePage {
    description: String,
    /// JSON Schema of its data.
    schema: Option<String>,
    /// Whether somebody gave an example.
    has_example: bool,
    /// Whether it is the contract's, and not declared by the project.
    of_contract: bool,
    changed_at: Option<Millis>,
    archived_at: Option<Millis>,
    request: ShownRequest,
}

/// `GET /catalogue/{type}`
///
/// # Errors
/// 404 for a type that is not in the catalogue.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    At(path): At<TypePath>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let example = ShowExample { caller: &visit.caller, name: &path.name }.run(&app.engine).await?;
    let kind = TypePage::of(example);
    let title = shortened_text(&path.name, 128);
    let mut page = Page::new(title, Here::Catalogue, kind.markup(&visit));
    page = page.below("Event catalogue", visit.links.at("/catalogue"));
    if visit.face == Face::Operator && visit.may(Right::ProjectAdmin) {
        let edit = format!("{}/edit", visit.links.event_type(&path.name));
        page = page.with_actions(html! { a.button href=(edit) { "Edit" } });
    }
    Ok(page.after(done.notice()).show(&app, &visit))
}

impl TypePage {
    fn of(example: Example) -> Self {
        let has_example = example.kind.example().is_some();
        let request = example.request;
        match example.kind {
            CatalogueType::Own(own) => Self {
                description: own.description,
                schema: own.schema.as_ref().map(|schema| format!("{schema:#}")),
                has_example,
                of_contract: false,
                changed_at: Some(own.updated_at),
                archived_at: own.archived_at,
                request,
            },
            CatalogueType::Contract { description, .. } => Self {
                description,
                schema: None,
                has_example,
                of_contract: true,
                changed_at: None,
                archived_at: None,
                request,
            },
        }
    }

    fn markup(&self, visit: &Visit) -> Markup {
        html! {
            @if !self.description.is_empty() { p.lead { (shortened(&self.description, 4_100)) } }
            @if self.archived_at.is_some() { p.warning { "This type was archived: it is not in the catalogue any more." } }
            @if visit.face == Face::Operator { (self.facts()) }
            (section("What arrives", &self.example(visit)))
            @if let Some(schema) = &self.schema {
                (section("JSON Schema", &html! {
                    p.soft { "The data of an event of this type follows it." }
                    (viewed::document("JSON Schema", schema.as_bytes()))
                }))
            }
        }
    }

    fn facts(&self) -> Markup {
        let declared = html! {
            @if self.of_contract { "by the contract" } @else { "by the project" }
            @if self.archived_at.is_some() { " " (state::badge("none", "–", "archived")) }
        };
        let mut pairs = vec![("Declared", declared)];
        if let Some(at) = self.changed_at {
            pairs.push(("Last changed", time::at(at)));
        }
        if let Some(at) = self.archived_at {
            pairs.push(("Archived", time::at(at)));
        }
        html! { section.panel { h2.unseen { "Type" } (facts(&pairs)) } }
    }

    fn example(&self, visit: &Visit) -> Markup {
        html! {
            @if self.has_example {
                p.soft { "An example, as it is sent to a webhook; \"Send Test Event\" sends the same. Your own headers come along." }
            } @else {
                p.soft { "No example of the data is given. This is what \"Send Test Event\" sends." }
            }
            (request::request(&self.request, visit))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};

    impl View for TypePage {
        fn sample(kind: Kind) -> Self {
            let text = if kind == Kind::Hostile { hostile() } else { "A lead was created".into() };
            let full = kind != Kind::Empty;
            Self {
                schema: full.then(|| serde_json::json!({"title": text}).to_string()),
                description: if full { text } else { String::new() },
                has_example: full,
                of_contract: !full,
                changed_at: full.then_some(Millis(1_769_077_800_000)),
                archived_at: full.then_some(Millis(1_769_077_800_000)),
                request: request::samples::shown(kind),
            }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit)
        }
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<TypePage>();
    }
}
