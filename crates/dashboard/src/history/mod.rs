//! Pages about what happened: events, deliveries, replays, and the catalogue they are of.

mod catalogue;
mod code;
mod deliveries;
mod delivery;
mod events;
mod filter_form;
mod filters;
mod further;
mod named;
mod replays;
pub(crate) mod row;
mod search;
mod viewed;
pub(crate) mod words;

use axum::Router;
use postrider_http::App;

/// Below `/portal` and `/dashboard/p/{project}/{mode}`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .merge(deliveries::routes())
        .merge(events::routes())
        .merge(delivery::routes())
        .merge(replays::routes())
        .merge(catalogue::routes())
        .merge(code::routes())
        .merge(search::routes())
}
