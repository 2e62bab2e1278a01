//! `/v1/tenants/{tenant}/endpoints…`, and `/v1/endpoints`

pub mod create;
pub mod delete;
pub mod disable;
pub mod enable;
pub mod get;
pub mod list;
pub mod list_all;
pub mod patch;
pub mod replay;
pub mod rotate_secret;
pub mod secret;
pub mod stats;
pub mod test;
pub mod view;

use postrider_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::handler))
        .routes(routes!(list::handler))
        .routes(routes!(list_all::handler))
        .routes(routes!(get::handler))
        .routes(routes!(patch::handler))
        .routes(routes!(delete::handler))
        .routes(routes!(enable::handler))
        .routes(routes!(disable::handler))
        .routes(routes!(rotate_secret::handler))
        .routes(routes!(secret::handler))
        .routes(routes!(stats::handler))
        .routes(routes!(test::handler))
        .routes(routes!(replay::handler))
}
