//! `/v1/tenants…`

pub mod delete;
pub mod get;
pub mod list;
pub mod portal;
pub mod view;

use postrider_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::handler))
        .routes(routes!(get::handler))
        .routes(routes!(delete::handler))
        .routes(routes!(portal::handler))
}
