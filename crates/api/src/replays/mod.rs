//! `/v1/replays…`

pub mod cancel;
pub mod get;
pub mod list;
pub mod view;

use axum::Router;
use axum::routing::{get, post};
use postrider_http::App;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/replays", get(list::handler))
        .route("/v1/replays/{id}", get(get::handler))
        .route("/v1/replays/{id}/cancel", post(cancel::handler))
}
