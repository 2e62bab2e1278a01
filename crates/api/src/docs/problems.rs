//! `GET /docs/problems`

use axum::response::Response;
use postrider_http::code::ALL;

use super::html::{self, escape};

/// All problem codes
#[utoipa::path(
    get,
    path = "/docs/problems",
    operation_id = "problem_codes",
    tag = "Documentation",
    security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")),
)]
pub async fn handler() -> Response {
    let rows: String = ALL
        .iter()
        .map(|code| {
            format!(
                "<tr><td><a href=\"/docs/problems/{name}\"><code>{name}</code></a></td><td>{status}</td><td>{title}</td></tr>",
                name = escape(code.name),
                status = code.status,
                title = escape(code.title)
            )
        })
        .collect();
    html::response(html::page(
        "Problems",
        &format!(
            "<h1>Problems</h1><p>Every error answer is a problem detail (RFC 9457) with one of these codes.</p>\
             <table><thead><tr><th>Code</th><th>Status</th><th>Title</th></tr></thead><tbody>{rows}</tbody></table>"
        ),
    ))
}
