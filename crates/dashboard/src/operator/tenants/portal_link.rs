//! `POST …/tenants/{tenant}/portal-link`: a link by which the customer comes to its own pages, shown once.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::time::Millis;
use postrider_service::Right;
use postrider_service::portal::CreatePortalLink;

use super::Named;
use crate::form::{Done, Forms, Posted};
use crate::page::{Here, Page, Refusal};
use crate::view::{code, time};
use crate::visit::Visit;

/// The button that makes one; `tenant` as a segment of a path.
pub(super) fn button(visit: &Visit, forms: &Forms, tenant: &str) -> Markup {
    let action = visit.links.at(&format!("/tenants/{tenant}/portal-link"));
    forms.button(&action, "Make a portal link")
}

/// `POST …/tenants/{tenant}/portal-link`
///
/// # Errors
/// 403 without `webhooks:admin`.
pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    Path(Named { tenant }): Path<Named>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksAdmin)?;
    let made = posted.once(&visit.visitor, async {
        let link = CreatePortalLink { caller: &visit.caller, tenant: &tenant }.run(&app.engine).await?;
        let url = format!("{}/portal/{}", app.public_url, link.token);
        let value = PortalLink { url, expires_at: link.expires_at, tenant: tenant.clone() };
        Ok(Done { value, seen_at: visit.links.tenant(&tenant) })
    });
    let made = made.await?;
    Ok(Page::new("Portal link", Here::Tenants, made.markup(&visit))
        .below("Tenants", visit.links.at("/tenants"))
        .below(tenant.clone(), visit.links.tenant(&tenant))
        .show(&app, &visit))
}

/// A new link.
#[derive(Debug)]
struct PortalLink {
    url: String,
    expires_at: Millis,
    tenant: String,
}

impl PortalLink {
    fn markup(&self, visit: &Visit) -> Markup {
        html! {
            section.panel {
                p.warning role="status" { "This link is shown once and opens once. It is good until " (time::at(self.expires_at)) "." }
                p { (code::line("the portal link", &self.url)) }
                p { "Whoever opens it sees and changes the webhooks of " strong { bdi { (self.tenant) } } ", and nothing else. To see the portal yourself, open it in another window; your own session stays." }
                p { a.button href=(self.address()) rel="noreferrer" target="_blank" { "Open portal link" } }
            }
            a.button href=(visit.links.tenant(&self.tenant)) { "Back to the tenant" }
        }
    }

    /// On the server that this page came from, wherever that is reached.
    fn address(&self) -> String {
        let token = self.url.rsplit('/').next().unwrap_or_default();
        format!("/portal/{}", crate::visit::links::segment(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check, hostile};

    impl View for PortalLink {
        fn sample(kind: Kind) -> Self {
            Self {
                url: "http://localhost:8080/portal/pl_0123456789".into(),
                expires_at: Millis(1_769_077_800_000),
                tenant: if kind == Kind::Hostile { hostile() } else { "t1".into() },
            }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit)
        }
    }

    #[test]
    fn a_new_link_s_page_is_sound_with_any_data() {
        check::<PortalLink>();
    }
}
