//! `GET /openapi.json`

use axum::Extension;
use axum::response::Response;
use http::StatusCode;
use postrider_http::json_response;

use super::Documents;

/// The OpenAPI document of this server
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "Documentation",
    security(()),
    responses((status = 200, description = "The document", body = serde_json::Value)),
)]
pub async fn handler(Extension(documents): Extension<Documents>) -> Response {
    json_response(StatusCode::OK, documents.0.json.clone())
}
