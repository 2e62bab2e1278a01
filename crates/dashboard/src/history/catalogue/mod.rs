//! The event catalogue, to read: both faces. Operators change it under other paths.

mod list;
mod show;

use axum::Router;
use axum::routing::get;
use postrider_http::App;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/catalogue", get(list::handler)).route("/catalogue/{type}", get(show::handler))
}
