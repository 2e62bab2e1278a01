//! `GET …/tenants/{tenant}`

use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::time::Millis;
use postrider_service::key::ListKeys;
use postrider_service::{Right, tenant};

use super::{Named, portal_link};
use crate::form::Forms;
use crate::operator::keys::{Row, table};
use crate::operator::typed::Typed;
use crate::page::refusal::DoneQuery;
use crate::page::{Here, Page, Refusal};
use crate::view::{facts, section, shortened, time};
use crate::visit::Visit;
use crate::visit::links::{segment, with_query};

/// As many keys as are shown.
const MOST_KEYS: usize = 10;

/// `GET …/tenants/{tenant}`
///
/// # Errors
/// 403 without `webhooks:read`; 404 for a tenant that is not there.
pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    Path(Named { tenant }): Path<Named>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let page = page(&app, &visit, &tenant, None).await?;
    Ok(page.after(done.notice()).show(&app, &visit))
}

/// The page after an id that was typed wrongly.
///
/// # Errors
/// 404 for a tenant that is not there.
pub(super) async fn mistyped(
    app: &App,
    visit: &Visit,
    tenant: &str,
    wrong: String,
) -> Result<Response, Refusal> {
    Ok(page(app, visit, tenant, Some(wrong)).await?.show_as(StatusCode::UNPROCESSABLE_ENTITY, app, visit))
}

async fn page(app: &App, visit: &Visit, id: &str, mistyped: Option<String>) -> Result<Page, Refusal> {
    let found = tenant::find(&app.engine, &visit.caller, id).await?;
    let keys = if visit.root { keys_of(app, visit, id).await? } else { Vec::new() };
    let shown = Tenant { id: found.id, created_at: found.created_at, keys, mistyped };
    let forms = Forms::new(app, &visit.token);
    Ok(Page::new(shown.id.clone(), Here::Tenants, shown.markup(visit, &forms))
        .below("Tenants", visit.links.at("/tenants"))
        .with_actions(html! { a.button.primary href=(visit.links.webhooks(id)) { "Webhooks" } }))
}

/// The newest of its keys.
async fn keys_of(app: &App, visit: &Visit, tenant: &str) -> Result<Vec<Row>, Refusal> {
    let list = ListKeys { project: &visit.project.id, tenant: Some(tenant), cursor: None, limit: MOST_KEYS };
    Ok(list.run(&app.engine).await?.rows.into_iter().map(Row::from).collect())
}

/// A customer.
#[derive(Debug)]
struct Tenant {
    id: String,
    created_at: Millis,
    keys: Vec<Row>,
    mistyped: Option<String>,
}

impl Tenant {
    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        html! {
            section.panel {
                (facts::facts(&[("Since", time::at(self.created_at)), ("Look at", self.places(visit))]))
            }
            @if visit.may(Right::WebhooksAdmin) { (self.portal(visit, forms)) }
            @if visit.root { (self.keys(visit, forms)) }
            @if visit.may(Right::WebhooksWrite) { (self.end(visit, forms)) }
        }
    }

    fn places(&self, visit: &Visit) -> Markup {
        let links = &visit.links;
        let of = |page: &str| with_query(&links.at(page), &[("tenant", &self.id)]);
        html! { span.links {
            a href=(links.webhooks(&self.id)) { "Webhooks" }
            a href=(of("/deliveries")) { "Recent deliveries" }
            a href=(of("/events")) { "Events" }
            a href=(of("/audit")) { "Audit log" }
        } }
    }

    fn portal(&self, visit: &Visit, forms: &Forms) -> Markup {
        let body = html! {
            p { "A portal link lets this customer manage its own webhooks. It opens once, within a few minutes. Your product makes such links by the API when a customer asks for its webhooks." }
            (portal_link::button(visit, forms, &segment(&self.id)))
        };
        section("Customer portal", &body)
    }

    fn keys(&self, visit: &Visit, forms: &Forms) -> Markup {
        let new = with_query(&visit.links.at("/keys/new"), &[("tenant", &self.id)]);
        let all = with_query(&visit.links.at("/keys"), &[("tenant", &self.id)]);
        let body = html! {
            p { "A key of this tenant reaches its own webhooks and deliveries by the API, and nothing else." }
            @if !self.keys.is_empty() { (table("API keys of this tenant", &self.keys, visit, forms)) }
            div.buttons {
                a.button href=(new) { "Create key" }
                @if self.keys.len() == MOST_KEYS { a.button href=(all) { "All its keys" } }
            }
        };
        section("API keys", &body)
    }

    fn end(&self, visit: &Visit, forms: &Forms) -> Markup {
        let typed = Typed {
            action: &format!("{}/delete", visit.links.tenant(&self.id)),
            label: "Delete tenant",
            warning: "Its webhooks, keys and sessions end at once, in both modes; its events and deliveries are erased. This cannot be taken back.",
            id: &self.id,
            wrong: self.mistyped.as_deref(),
        };
        section(
            "Delete",
            &html! { p { "Erases everything of " (shortened(&self.id, 128)) "." } (typed.show(forms)) },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::keys::sample_rows;
    use crate::samples::{Kind, View, check, hostile};

    impl View for Tenant {
        fn sample(kind: Kind) -> Self {
            Self {
                id: if kind == Kind::Hostile { hostile() } else { "t1".into() },
                created_at: Millis(1_769_077_800_000),
                keys: sample_rows(kind),
                mistyped: (kind == Kind::Hostile).then(hostile),
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    #[test]
    fn a_tenant_s_page_is_sound_with_any_data() {
        check::<Tenant>();
    }
}
