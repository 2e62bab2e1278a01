//! `/v1/deliveries`, `/v1/events/{event}/deliveries/{endpoint}…`

pub mod cancel;
pub mod get;
pub mod list;
pub mod resend;
pub mod view;

use axum::Router;
use axum::routing::{get, post};
use postrider_http::App;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/deliveries", get(list::handler))
        .route("/v1/events/{event}/deliveries/{endpoint}", get(get::handler))
        .route("/v1/events/{event}/deliveries/{endpoint}/resend", post(resend::handler))
        .route("/v1/events/{event}/deliveries/{endpoint}/cancel", post(cancel::handler))
}
