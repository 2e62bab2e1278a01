//! The operators' own pages: what is above endpoints and deliveries.

pub(crate) mod home;
mod sign_in;
mod sign_out;

use axum::Router;
use axum::routing::get;
use postrider_http::App;

use crate::{history, webhooks};

/// Below `/dashboard`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home::handler))
        .merge(sign_in::routes())
        .merge(sign_out::routes())
        .nest("/p/{project}/{mode}", in_project())
}

/// Below a project and mode.
fn in_project() -> Router<App> {
    Router::new().merge(history::routes()).nest("/tenants/{tenant}/webhooks", webhooks::routes())
}
