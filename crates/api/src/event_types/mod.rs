//! `/v1/event-types…`

pub mod archive;
pub mod example;
pub mod get;
pub mod list;
pub mod put;
pub mod view;

use postrider_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::handler))
        .routes(routes!(get::handler))
        .routes(routes!(example::handler))
        .routes(routes!(put::handler))
        .routes(routes!(archive::handler))
}
