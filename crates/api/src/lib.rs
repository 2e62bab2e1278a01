//! The native API (DESIGN 4.2): one file for each route, and the OpenAPI document made from them.

#![expect(unused_qualifications, reason = "the macro that describes routes writes its parameters so")]

pub mod audit;
pub mod deliveries;
pub mod docs;
mod document;
pub mod endpoints;
pub mod event_types;
pub mod events;
pub mod health;
pub mod keys;
pub mod meta;
pub mod nodes;
pub mod projects;
pub mod replays;
pub mod search;
pub mod stats;
pub mod tenants;
pub mod verification_code;

use axum::{Router, middleware};
use postrider_http::{App, fallback, whole};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// The whole API: every route, the document of them, and problems for every path and method there is not.
pub fn router(app: App) -> Router {
    let documents = docs::Documents::of(&document(&app));
    let (routes, _) = routes(&app).split_for_parts();
    // The layer is on the pages alone: an accepted event passes through none.
    let (pages, _) = docs::routes().split_for_parts();
    finished(routes.merge(pages.layer(documents.layer())), app)
}

/// The OpenAPI document of [`router`].
pub fn document(app: &App) -> OpenApi {
    document::finish(routes(app).merge(docs::routes()).into_openapi())
}

/// Of a node that only delivers (`--role worker`): what a supervisor asks, and nothing else.
pub fn worker_router(app: App) -> Router {
    let (routes, _) = health::routes(app.serve_metrics).split_for_parts();
    finished(routes, app)
}

/// `/metrics` alone, for a listener of its own (`--metrics-listen`).
pub fn metrics_router(app: App) -> Router {
    let (routes, _) = health::metrics_routes().split_for_parts();
    finished(routes, app)
}

fn finished(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(fallback::unknown_path)
        .method_not_allowed_fallback(fallback::wrong_method)
        .with_state(app)
}

fn routes(app: &App) -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document::frame(app.version))
        .merge(configured(app))
        // Accepting passes through no layer: an event is the core's from its draft on, whoever waits for its answer.
        .merge(events::routes())
        .merge(health::routes(app.serve_metrics))
}

/// What people configure, erase and ask for.
fn configured(app: &App) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(projects::routes())
        .merge(keys::routes())
        .merge(tenants::routes())
        .merge(event_types::routes())
        .merge(endpoints::routes())
        .merge(events::erasing())
        .merge(deliveries::routes())
        .merge(replays::routes())
        .merge(search::routes())
        .merge(stats::routes())
        .merge(audit::routes())
        .merge(meta::routes())
        .merge(verification_code::routes())
        .merge(nodes::routes())
        .layer(middleware::from_fn_with_state(app.clone(), whole::layer))
}
