//! `…/tenants`: the product's customers.

mod delete;
mod list;
mod portal_link;
mod show;

use axum::Router;
use axum::routing::{get, post};
use postrider_http::App;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/tenants", get(list::handler))
        .route("/tenants/{tenant}", get(show::handler))
        .route("/tenants/{tenant}/portal-link", post(portal_link::handler))
        .route("/tenants/{tenant}/delete", post(delete::handler))
}

/// The tenant in a path.
#[derive(Debug, serde::Deserialize)]
struct Named {
    tenant: String,
}
