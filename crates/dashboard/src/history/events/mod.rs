//! Events: the operators' list, and one event on both faces.

mod erase;
mod list;
mod page;
mod show;

use axum::Router;
use axum::routing::{get, post};
use postrider_http::App;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/events", get(list::handler))
        .route("/events/{event}", get(show::handler))
        .route("/events/{event}/live", get(show::follow))
        .route("/events/{event}/erase", post(erase::handler))
}

/// The event that a path names, by its public id.
#[derive(Debug, serde::Deserialize)]
struct EventPath {
    event: String,
}
