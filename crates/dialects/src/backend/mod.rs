//! The "Webhooks" of the backend API: `/v1/backend/webhooks`.

mod create;
mod delete;
mod get;
mod list;
mod secret;
mod test;
mod view;

use axum::Router;
use axum::routing::{self, post};
use postrider_http::App;

use crate::{Dialect, KeyPlace};

/// The dialect. "Backend API key … In: header" does not say which.
pub(crate) const DIALECT: Dialect =
    Dialect { name: "backend", key: KeyPlace::BearerOrApiKey, fields: &[("/enabled", "")], routes };

/// The one event the document knows, and what an endpoint gets that names none.
const CONVERSATION_COMPLETED: &str = "conversation.completed";

fn routes() -> Router<App> {
    Router::new()
        .route("/v1/backend/webhooks", routing::get(list::handler).post(create::handler))
        .route("/v1/backend/webhooks/test", post(test::handler))
        .route("/v1/backend/webhooks/{id}", routing::get(get::handler).delete(delete::handler))
        .route("/v1/backend/webhooks/{id}/secret", routing::get(secret::handler))
}
