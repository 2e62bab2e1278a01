//! `/v1/tenants/{tenant}/endpoints…`

pub mod create;
pub mod delete;
pub mod disable;
pub mod enable;
pub mod get;
pub mod list;
pub mod patch;
pub mod replay;
pub mod rotate_secret;
pub mod secret;
pub mod stats;
pub mod test;
pub mod view;

use axum::Router;
use axum::routing::{get, post};
use postrider_http::App;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/tenants/{tenant}/endpoints", post(create::handler).get(list::handler))
        .route(
            "/v1/tenants/{tenant}/endpoints/{id}",
            get(get::handler).patch(patch::handler).delete(delete::handler),
        )
        .route("/v1/tenants/{tenant}/endpoints/{id}/enable", post(enable::handler))
        .route("/v1/tenants/{tenant}/endpoints/{id}/disable", post(disable::handler))
        .route("/v1/tenants/{tenant}/endpoints/{id}/rotate-secret", post(rotate_secret::handler))
        .route("/v1/tenants/{tenant}/endpoints/{id}/secret", get(secret::handler))
        .route("/v1/tenants/{tenant}/endpoints/{id}/stats", get(stats::handler))
        .route("/v1/tenants/{tenant}/endpoints/{id}/test", post(test::handler))
        .route("/v1/tenants/{tenant}/endpoints/{id}/replay", post(replay::handler))
}
