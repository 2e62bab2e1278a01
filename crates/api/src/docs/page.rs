//! `GET /docs`

use axum::Extension;
use axum::response::Response;

use super::{Documents, html};

/// The API on one page, for people
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "docs",
    tag = "Documentation",
    security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")),
)]
pub async fn handler(Extension(documents): Extension<Documents>) -> Response {
    html::response(documents.0.page.clone())
}
