//! The operators' own pages: what is above endpoints and deliveries.

mod audit;
mod catalogue;
pub(crate) mod home;
mod keys;
mod nodes;
mod overview;
mod projects;
mod settings;
mod sign_in;
mod sign_out;
mod tenants;
mod terms;
mod typed;

use axum::Router;
use axum::routing::get;
use postrider_http::App;

use crate::page::Refusal;
use crate::visit::Visit;
use crate::{history, webhooks};

/// Below `/dashboard`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home::handler))
        .merge(sign_in::routes())
        .merge(sign_out::routes())
        .merge(projects::routes())
        .merge(nodes::routes())
        .nest("/p/{project}/{mode}", in_project())
}

/// Below a project and mode.
fn in_project() -> Router<App> {
    Router::new()
        .merge(overview::routes())
        .merge(history::routes())
        .merge(tenants::routes())
        .merge(keys::routes())
        .merge(catalogue::routes())
        .merge(settings::routes())
        .merge(audit::routes())
        .merge(webhooks::all::routes())
        .nest("/tenants/{tenant}/webhooks", webhooks::routes())
}

/// `Ok` with the root key: what the API lets only that key do, its pages do too (DESIGN 4.4 "Scopes").
fn root_only(visit: &Visit) -> Result<(), Refusal> {
    if visit.root { Ok(()) } else { Err(Refusal::forbidden("This page needs the root key.")) }
}
