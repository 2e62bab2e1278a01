//! The native API (DESIGN 4.2): one file for each route, and the OpenAPI document made from them.

mod commas;
pub mod deliveries;
pub mod endpoints;
pub mod events;
pub mod replays;

use axum::Router;
use postrider_http::App;

/// The routes that a project's keys open.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(endpoints::routes())
        .merge(events::routes())
        .merge(deliveries::routes())
        .merge(replays::routes())
}
