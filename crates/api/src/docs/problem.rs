//! `GET /docs/problems/{code}`: where the `type` of every problem leads.

use axum::response::Response;
use postrider_http::{Path, Problem, ProblemOut, code};

use super::html::{self, escape};

/// One problem code
#[utoipa::path(
    get,
    path = "/docs/problems/{code}",
    operation_id = "problem_code",
    tag = "Documentation",
    security(()),
    params(("code" = String, Path, description = "The code")),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such code", body = ProblemOut),
    ),
)]
pub async fn handler(Path(name): Path<String>) -> Result<Response, Problem> {
    let code = code::named(&name).ok_or_else(|| Problem::not_found("problem code"))?;
    Ok(html::response(html::page(
        code.title,
        &format!(
            "<p><a href=\"/docs/problems\">All problems</a></p><h1>{}</h1><p><code>{}</code>, status {}</p><p>{}</p><p>{}</p>",
            escape(code.title),
            escape(code.name),
            code.status,
            escape(code.meaning),
            escape(code.retry.advice())
        ),
    )))
}
