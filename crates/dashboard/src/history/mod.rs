//! Pages about what happened: events, deliveries, replays, and the catalogue they are of.

mod deliveries;
mod filter_form;
mod filters;
mod named;
pub(crate) mod row;
pub(crate) mod words;

use axum::Router;
use postrider_http::App;

/// Below `/portal` and `/dashboard/p/{project}/{mode}`.
pub(crate) fn routes() -> Router<App> {
    Router::new().merge(deliveries::routes())
}
