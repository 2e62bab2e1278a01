//! `/v1/events…`

mod accept;
mod batch_body;
mod body;
pub mod erase;
pub mod get;
pub mod list;
pub mod post;
pub mod post_batch;
pub mod view;

use axum::Router;
use axum::routing::{delete, get, post};
use postrider_http::App;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/events", post(post::handler).get(list::handler))
        .route("/v1/events/batch", post(post_batch::handler))
        .route("/v1/events/{id}", get(get::handler))
        .route("/v1/events/{id}/data", delete(erase::handler))
}
