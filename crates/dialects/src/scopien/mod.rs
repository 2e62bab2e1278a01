//! Scopien AI's "Webhooks": `/v1/webhooks`.

mod batch;
mod create;
mod delete;
mod disable;
mod enable;
mod fields;
mod filter;
mod get;
mod list;
mod patch;
mod view;

use axum::Router;
use axum::routing::{self, post};
use postrider_http::App;

use crate::{Dialect, KeyPlace};

/// The dialect. The document shows `Authorization: Bearer`; single GET and `/enable` are in the shapes of the others
/// (DESIGN 4.3).
pub(crate) const DIALECT: Dialect = Dialect {
    name: "scopien",
    key: KeyPlace::Bearer,
    fields: &[
        ("/event_types", "/events"),
        ("/filter", "/filters"),
        ("/batch/max_size", "/maxBatchSize"),
        ("/batch/max_wait_seconds", "/maxWaitTime"),
        ("/enabled", ""),
    ],
    routes,
};

fn routes() -> Router<App> {
    Router::new()
        .route("/v1/webhooks", routing::get(list::handler).post(create::handler))
        .route("/v1/webhooks/{id}", routing::get(get::handler).patch(patch::handler).delete(delete::handler))
        .route("/v1/webhooks/{id}/enable", post(enable::handler))
        .route("/v1/webhooks/{id}/disable", post(disable::handler))
}
