//! Pages about endpoints, which customers call webhooks: a list, and of each of them a page with what it is, what was
//! sent to it lately and what can be done with it.

pub(crate) mod all;
pub(crate) mod brief;
mod create;
mod delete;
mod edit;
mod entry;
mod facts;
mod list;
mod recent;
mod replay;
mod rotate;
mod secret;
mod show;
mod switch;
mod test;

use axum::Router;
use axum::routing::{get, post};
use postrider_contract::Contract;
use postrider_http::App;
use postrider_service::event_type::{CatalogueType, ListEventTypes};
use postrider_service::{Caller, ServiceError};
use serde::Deserialize;

use self::entry::types::KnownType;
use crate::page::{Page, Refusal};
use crate::visit::{Face, Visit};

/// Below `/portal/webhooks` and `/dashboard/p/{project}/{mode}/tenants/{tenant}/webhooks`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(list::handler))
        .route("/new", get(create::show).post(create::submit))
        .route("/{id}", get(show::handler))
        .route("/{id}/live", get(recent::live))
        .route("/{id}/edit", get(edit::show).post(edit::submit))
        .route("/{id}/enable", post(switch::enable))
        .route("/{id}/disable", post(switch::disable))
        .route("/{id}/delete", post(delete::handler))
        .route("/{id}/test", get(test::show).post(test::submit))
        .route("/{id}/replay", get(replay::show).post(replay::submit))
        .route("/{id}/reveal", post(secret::reveal))
        .route("/{id}/rotate", get(rotate::show).post(rotate::submit))
}

/// What a path names: an operator's names the tenant, a customer's its own by the session.
#[derive(Debug, Deserialize)]
struct OfTenant {
    tenant: Option<String>,
}

/// What the path of one webhook names.
#[derive(Debug, Deserialize)]
struct OfWebhook {
    tenant: Option<String>,
    id: String,
}

/// A webhook that a path names, which the visit may see.
#[derive(Debug, Clone)]
struct Place {
    tenant: String,
    id: String,
}

impl OfTenant {
    /// Whose webhooks.
    ///
    /// # Errors
    /// 404 for what can be no tenant, and for another one than the session's own.
    fn tenant<'a>(&'a self, visit: &'a Visit) -> Result<&'a str, Refusal> {
        let tenant = visit.tenant(self.tenant.as_deref())?;
        visit.caller.check_own(tenant)?;
        match postrider_model::name::tenant_id(tenant) {
            Ok(()) => Ok(tenant),
            Err(_) => Err(Refusal::not_found("tenant")),
        }
    }
}

impl OfWebhook {
    /// Whose it is.
    ///
    /// # Errors
    /// 404 for another tenant's.
    fn place(self, visit: &Visit) -> Result<Place, Refusal> {
        let tenant = visit.tenant(self.tenant.as_deref())?.to_owned();
        visit.caller.check_own(&tenant)?;
        Ok(Place { tenant, id: self.id })
    }
}

impl Place {
    /// Its page.
    fn address(&self, visit: &Visit) -> String {
        visit.links.webhook(&self.tenant, &self.id)
    }

    /// Something of it, such as `"/edit"`.
    fn at(&self, visit: &Visit, what: &str) -> String {
        visit.links.webhook_at(&self.tenant, &self.id, what)
    }

    /// A page of it, below its own.
    fn page(&self, page: Page, visit: &Visit, title: &str) -> Page {
        let page = crumbs(page, visit, &self.tenant).below("Webhooks", visit.links.webhooks(&self.tenant));
        page.below(title, self.address(visit))
    }
}

/// The pages above the list of webhooks.
fn crumbs(page: Page, visit: &Visit, tenant: &str) -> Page {
    match visit.face {
        Face::Customer => page.below("Settings", ""),
        Face::Operator => {
            page.below("Tenants", visit.links.at("/tenants")).below(tenant, visit.links.tenant(tenant))
        }
    }
}

/// The types that can be chosen, up to a number that a page can bear.
async fn catalogue(app: &App, caller: &Caller, contract: &Contract) -> Result<Vec<KnownType>, ServiceError> {
    const MOST: usize = 1_000;
    const AT_ONCE: usize = 250;
    let mut types = Vec::with_capacity(contract.event_types().len());
    let mut cursor = None;
    loop {
        let page = ListEventTypes { caller, cursor, limit: AT_ONCE }.run(&app.engine).await?;
        types.extend(page.rows.into_iter().filter_map(known));
        cursor = page.next;
        if cursor.is_none() || types.len() >= MOST {
            return Ok(types);
        }
    }
}

fn known(kind: CatalogueType) -> Option<KnownType> {
    match kind {
        CatalogueType::Contract { name, description, .. } => Some(KnownType { name, description }),
        CatalogueType::Own(own) => {
            own.archived_at.is_none().then_some(KnownType { name: own.name, description: own.description })
        }
    }
}
