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

use postrider_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes that accept and read.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(post::handler))
        .routes(routes!(list::handler))
        .routes(routes!(post_batch::handler))
        .routes(routes!(get::handler))
}

/// The route that changes what was accepted.
pub fn erasing() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(erase::handler))
}
