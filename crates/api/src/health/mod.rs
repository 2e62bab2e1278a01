//! What a supervisor asks: is it alive, does it accept, what does it measure. Without a key.

pub mod healthz;
pub mod metrics;
pub mod readyz;

use postrider_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes; `/metrics` only where it has no listener of its own.
pub fn routes(with_metrics: bool) -> OpenApiRouter<App> {
    let router = OpenApiRouter::new().routes(routes!(healthz::handler)).routes(routes!(readyz::handler));
    if with_metrics { router.merge(metrics_routes()) } else { router }
}

/// `/metrics` alone.
pub fn metrics_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(metrics::handler))
}
