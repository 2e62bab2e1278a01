//! Pages about endpoints, which customers call webhooks.

use axum::Router;
use postrider_http::App;

/// Below `/portal/webhooks` and `/dashboard/p/{project}/{mode}/tenants/{tenant}/webhooks`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
}
