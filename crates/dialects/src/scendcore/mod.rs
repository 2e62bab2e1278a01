//! ScendCore's "Webhooks API": `/api/v1/webhooks/subscribe`.

mod list;
mod subscribe;
mod view;

use axum::Router;
use axum::routing::get;
use postrider_http::App;

use crate::{Dialect, KeyPlace};

/// The dialect.
pub(crate) const DIALECT: Dialect = Dialect {
    name: "scendcore",
    key: KeyPlace::BearerOrApiKey,
    fields: &[("/event_types", "/events"), ("/enabled", "")],
    routes,
};

fn routes() -> Router<App> {
    Router::new().route("/api/v1/webhooks/subscribe", get(list::handler).post(subscribe::handler))
}
