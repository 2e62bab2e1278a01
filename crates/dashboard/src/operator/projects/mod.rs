//! `/dashboard/projects`: what the root key opens.

mod create;
mod list;

use axum::Router;
use axum::routing::get;
use postrider_http::App;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects", get(list::handler))
        .route("/projects/new", get(create::show).post(create::submit))
}
