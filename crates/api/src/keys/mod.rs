//! `/v1/projects/{project}/keys…`

pub mod create;
pub mod list;
pub mod revoke;
pub mod view;

use postrider_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create::handler))
        .routes(routes!(list::handler))
        .routes(routes!(revoke::handler))
}
