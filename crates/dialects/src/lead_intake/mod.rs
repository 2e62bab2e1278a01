//! The "Outbound event subscriptions" of the lead intake document, which names no vendor: `/api/v1/webhooks`.

mod create;
mod delete;
mod deliveries;
mod get;
mod list;
mod rotate_secret;
mod view;

use axum::Router;
use axum::routing::{self, post};
use postrider_http::App;

use crate::{Dialect, KeyPlace};

/// The dialect. Beside its routes the document writes `read` and `admin`: the scopes `webhooks:read` and
/// `webhooks:admin`.
pub(crate) const DIALECT: Dialect = Dialect {
    name: "lead-intake",
    key: KeyPlace::BearerOrApiKey,
    fields: &[("/event_types", "/events"), ("/enabled", "")],
    routes,
};

fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/webhooks", routing::get(list::handler).post(create::handler))
        .route("/api/v1/webhooks/{id}", routing::get(get::handler).delete(delete::handler))
        .route("/api/v1/webhooks/{id}/rotate-secret", post(rotate_secret::handler))
        .route("/api/v1/webhooks/{id}/deliveries", routing::get(deliveries::handler))
}
