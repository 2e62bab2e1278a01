//! `GET /code`: how a receiver proves that a request is genuine, in words and in code.

mod signature;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::Right;
use postrider_service::verification::{Language, ShowVerificationCode, Snippet};

use crate::page::{Here, Page, Refusal};
use crate::view::{code, section};
use crate::visit::links::with_query;
use crate::visit::{Face, Visit};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/code", get(handler))
}

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    /// A language by its name; the first one without it.
    #[serde(default)]
    language: String,
}

/// `GET /code`
///
/// # Errors
/// What the session may not see; a language there is no code in.
async fn handler(
    State(app): State<App>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let language = match asked.language.as_str() {
        "" => Language::ALL.first().copied(),
        name => Some(Language::named(name).ok_or_else(|| {
            Refusal::not_found("language").onward("To the verification code", visit.links.at("/code"))
        })?),
    };
    let mut snippets = ShowVerificationCode { caller: &visit.caller, language }.run(&app.engine).await?;
    let snippet = snippets.pop().ok_or_else(|| Refusal::not_found("language"))?;
    Ok(Page::new("Verification code", Here::Code, CodePage { snippet }.markup(&visit)).show(&app, &visit))
}

/// The page in one language.
#[derive(Debug)]
struct CodePage {
    snippet: Snippet,
}

impl CodePage {
    fn markup(&self, visit: &Visit) -> Markup {
        let contract = &visit.contract;
        let whose = match visit.face {
            Face::Operator => "What your customers see: how their servers prove that a request is yours.",
            Face::Customer => "How your server proves that a request is genuine before it acts on it.",
        };
        html! {
            p.soft { (whose) }
            (section("How requests are signed", &signature::explained(contract)))
            section.panel {
                h2 { "A receiver to start from" }
                nav.tabs.languages aria-label="Language" {
                    @for language in Language::ALL {
                        @let chosen = (language == self.snippet.language).then_some("true");
                        a href=(with_query(&visit.links.at("/code"), &[("language", language.name())])) aria-current=[chosen] {
                            (language.title())
                        }
                    }
                }
                @if let Some(note) = &self.snippet.note { p.warning { (note) } }
                p.soft {
                    "Save it as " code { (self.snippet.language.file_name()) } ". "
                    @if contract.is_signed() {
                        "The webhook's secret goes into the environment variable " code { "WEBHOOK_SECRET" } ", never into the code."
                    }
                }
                (code::block(&format!("Receiver in {}", self.snippet.language.title()), &self.snippet.code))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};

    impl View for CodePage {
        fn sample(kind: Kind) -> Self {
            let text = match kind {
                Kind::Sample => "print('hello')\n".to_owned(),
                Kind::Empty => String::new(),
                Kind::Hostile => hostile(),
            };
            let note = (kind == Kind::Hostile).then(hostile);
            Self { snippet: Snippet { language: Language::Python, code: text, note } }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit)
        }
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<CodePage>();
    }
}
