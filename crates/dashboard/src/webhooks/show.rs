//! `GET /webhooks/{id}`: one webhook.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_contract::DeliveryPolicy;
use postrider_http::App;
use postrider_service::Right;
use postrider_service::endpoint::{FoundEndpoint, find};

use super::facts::{Facts, SecretFacts};
use super::recent::Recent;
use super::{OfWebhook, Place, list};
use crate::form::Forms;
use crate::live;
use crate::page::{Here, Page, Refusal, refusal::DoneQuery};
use crate::view::{confirmed, section};
use crate::visit::Visit;

pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let place = path.place(&visit)?;
    let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
    let view = Shown::load(&app, &visit, place, &found).await?;
    let forms = Forms::new(&app, &visit.token);
    let page = Page::new(view.recent.brief.title(), Here::Webhooks, view.markup(&visit, &forms));
    let page = page.with_actions(view.actions(&visit, &forms));
    let page = super::crumbs(page, &visit, &view.place.tenant);
    let page = page.below("Webhooks", visit.links.webhooks(&view.place.tenant));
    Ok(page.after(done.notice()).show(&app, &visit))
}

/// The page.
#[derive(Debug)]
struct Shown {
    place: Place,
    recent: Recent,
    facts: Facts,
    secret: Option<SecretFacts>,
}

impl Shown {
    async fn load(app: &App, visit: &Visit, place: Place, found: &FoundEndpoint) -> Result<Self, Refusal> {
        let context = &found.context;
        let policy = DeliveryPolicy::resolve(&context.contract, &context.settings, &found.endpoint.config);
        Ok(Self {
            recent: Recent::load(app, visit, &place, found).await?,
            facts: Facts::of(found, &policy),
            secret: SecretFacts::of(found, app.engine.now()),
            place,
        })
    }

    fn actions(&self, visit: &Visit, forms: &Forms) -> Markup {
        let at = |what: &str| self.place.at(visit, what);
        html! {
            @if visit.may(Right::WebhooksWrite) {
                a.button.primary href=(at("/test")) { "Send Test Event" }
                a.button href=(at("/edit")) { "Edit" }
                a.button href=(at("/replay")) { "Replay" }
                (list::switch(&self.recent.brief, &self.place.address(visit), forms))
                (confirmed(
                    "Delete",
                    "Deletes the webhook for good: what waits for it is cancelled. What was sent stays listed until its time is over.",
                    &forms.form(&at("/delete"), html! { button.danger type="submit" { "Delete this webhook" } }),
                ))
            }
        }
    }

    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        html! {
            (live::region(&self.place.at(visit, "/live"), &self.recent.markup(visit, &self.place)))
            div.columns {
                (section("Settings", &self.facts.markup()))
                @if let Some(secret) = &self.secret { (section("Secret", &secret.markup(visit, &self.place, forms))) }
                @else {
                    (section("Not signed", &html! {
                        p { "Requests to this webhook are not signed. Protect it by a URL that nobody can guess, and by letting in only the sender's addresses." }
                    }))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check};

    impl View for Shown {
        fn sample(kind: Kind) -> Self {
            Self {
                place: Place { tenant: "t1".into(), id: "ep_1".into() },
                recent: super::super::recent::samples::recent(kind),
                facts: super::super::facts::samples::facts(kind),
                secret: super::super::facts::samples::secret(kind),
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            html! { (self.actions(visit, forms)) (self.markup(visit, forms)) }
        }
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<Shown>();
    }
}
