//! What people read: `/openapi.json`, `/docs`, and a page for each problem code. Without a key, from the binary
//! alone: nothing is fetched from elsewhere.

mod html;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod problems;
mod render;

use std::sync::Arc;

use axum::Extension;
use bytes::Bytes;
use postrider_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The document and the page, as they are sent.
#[derive(Debug, Clone)]
pub struct Documents(Arc<Rendered>);

#[derive(Debug)]
struct Rendered {
    json: Bytes,
    page: Bytes,
}

impl Documents {
    /// Writes the document and renders its page, once.
    pub(crate) fn of(document: &utoipa::openapi::OpenApi) -> Self {
        let value = serde_json::to_value(document).unwrap_or_default();
        let page = Bytes::from(render::page(&value));
        let json = Bytes::from(serde_json::to_vec_pretty(&value).unwrap_or_default());
        Self(Arc::new(Rendered { json, page }))
    }

    /// For `axum::Extension`: only the routes here know of it.
    pub(crate) fn layer(self) -> Extension<Self> {
        Extension(self)
    }
}

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(openapi::handler))
        .routes(routes!(page::handler))
        .routes(routes!(problems::handler))
        .routes(routes!(problem::handler))
}
