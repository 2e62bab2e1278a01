//! The pages in process: the real router, engine and store, virtual time, and a browser without a screen.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod browser;
mod deliveries;
mod forged;
mod history;
mod links;
mod operator;
mod sessions;
mod tenancy;
mod webhooks;

use axum::Router;
use postrider_http::App;
use postrider_world::World;

/// The API and the pages.
fn surface(app: App) -> Router {
    postrider_api::router(app.clone()).merge(postrider_dashboard::router(app))
}

/// A system with one project under that contract.
pub(crate) async fn world(contract: &str) -> World {
    World::under(surface, contract).await
}
