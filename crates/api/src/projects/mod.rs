//! `/v1/projects…`

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod patch;
pub mod view;

use postrider_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::handler))
        .routes(routes!(list::handler))
        .routes(routes!(get::handler))
        .routes(routes!(patch::handler))
        .routes(routes!(delete::handler))
}
