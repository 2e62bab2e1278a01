//! `…/p/{project}/{mode}`: what happens in a project, the first page that an operator sees.

mod charts;
mod failing;
mod figures;
mod span;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::Right;

use self::charts::Charts;
use self::failing::Failing;
use self::figures::Figures;
use self::span::Span;
use crate::live;
use crate::page::{Here, Page, Refusal};
use crate::view::section;
use crate::visit::Visit;
use crate::visit::links::with_query;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(show)).route("/overview/live", get(follow))
}

/// What is asked for.
#[derive(Debug, serde::Deserialize)]
struct Asked {
    /// `1h`, `24h`, `7d`.
    span: Option<String>,
}

async fn show(visit: Visit, State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let span = Span::named(asked.span.as_deref());
    let part = Overview::read(&app, &visit, span).await?.markup(&visit);
    let address = with_query(&visit.links.at("/overview/live"), &[("span", span.word())]);
    Ok(Page::new("Overview", Here::Overview, live::region(&address, &part))
        .with_actions(span.tabs(&visit))
        .show(&app, &visit))
}

async fn follow(
    visit: Visit,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let span = Span::named(asked.span.as_deref());
    let (reads, whose) = (app.clone(), visit.clone());
    let render = move || {
        let (app, visit) = (reads.clone(), whose.clone());
        async move {
            let markup = Overview::read(&app, &visit, span).await?.markup(&visit);
            Ok(live::Part { markup, last: false })
        }
    };
    Ok(live::follow_every(span.pause(), app, &visit.token, render))
}

/// What happened in the span, and what is wrong now.
#[derive(Debug)]
struct Overview {
    figures: Figures,
    charts: Charts,
    failing: Failing,
    /// Where the API is, for who has not sent anything yet.
    api: String,
}

impl Overview {
    async fn read(app: &App, visit: &Visit, span: Span) -> Result<Self, Refusal> {
        let (times, counted) = span.count(app, &visit.caller).await?;
        Ok(Self {
            figures: Figures::of(&counted),
            charts: Charts::of(times, &counted),
            failing: Failing::read(app, &visit.caller).await?,
            api: format!("{}/v1/events", app.public_url),
        })
    }

    fn markup(&self, visit: &Visit) -> Markup {
        html! {
            (self.figures.markup())
            @if self.figures.is_quiet() { (self.first_steps(visit)) }
            (self.failing.markup(visit))
            (self.charts.markup())
        }
    }

    /// Nothing happened: perhaps because nobody knows how.
    fn first_steps(&self, visit: &Visit) -> Markup {
        let example = format!(
            "curl {} \\\n  -H 'Authorization: Bearer <your key>' \\\n  -H 'Content-Type: application/json' \\\n  \
             -d '{{\"tenant\": \"t1\", \"type\": \"contact.created\", \"data\": {{\"id\": 1}}}}'",
            self.api
        );
        section(
            "Nothing was sent in this time",
            &html! {
                p { "An event is sent with a key of the project and mode: " }
                (crate::view::code::block("a request that sends an event", &example))
                div.buttons {
                    @if visit.root { a.button href=(visit.links.at("/keys/new")) { "Create key" } }
                    a.button href=(visit.links.at("/tenants")) { "Tenants and their webhooks" }
                    a.button href="/docs" { "API documentation" }
                }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};

    impl View for Overview {
        fn sample(kind: Kind) -> Self {
            let counted = span::sample(kind);
            let times = Span::Hour.times(counted.until);
            Self {
                figures: Figures::of(&counted),
                charts: Charts::of(times, &counted),
                failing: Failing::sample(kind),
                api: if kind == Kind::Hostile { hostile() } else { "http://localhost/v1/events".into() },
            }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit)
        }
    }

    #[test]
    fn the_overview_is_sound_with_any_data() {
        check::<Overview>();
    }
}
