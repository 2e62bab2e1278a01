//! `/v1/deliveries`, `/v1/events/{event}/deliveries/{endpoint}…`

pub mod cancel;
pub mod get;
pub mod list;
pub mod request;
pub mod resend;
pub mod view;

use postrider_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::handler))
        .routes(routes!(get::handler))
        .routes(routes!(request::handler))
        .routes(routes!(resend::handler))
        .routes(routes!(cancel::handler))
}
