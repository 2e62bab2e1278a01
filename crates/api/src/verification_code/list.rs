//! `GET /v1/verification-code`

use axum::extract::State;
use postrider_http::{App, List, May, Problem, Query, Reply, WebhooksRead};
use postrider_service::verification::{Language, ShowVerificationCode, Snippet};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which code.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListIn {
    /// In this language: `node`, `python`, `php`, `go` or `rust`.
    language: Option<String>,
}

/// A receiver in one language.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerificationCode)]
pub struct CodeOut {
    /// `node`, `python`, `php`, `go` or `rust`.
    language: &'static str,
    /// The language's name for people.
    title: &'static str,
    /// What the program is best saved as.
    file_name: &'static str,
    /// The whole program.
    code: String,
    /// What to know beside it.
    note: Option<String>,
}

impl From<Snippet> for CodeOut {
    fn from(snippet: Snippet) -> Self {
        let Snippet { language, code, note } = snippet;
        Self {
            language: language.name(),
            title: language.title(),
            file_name: language.file_name(),
            code,
            note,
        }
    }
}

/// Code that verifies deliveries
///
/// Small receivers that check what the project's contract signs, in the languages that customers write theirs in: one
/// for each, or the one that is asked for. They hold no secret: each reads it from its environment.
#[utoipa::path(
    get,
    path = "/v1/verification-code",
    operation_id = "list_verification_code",
    tag = "Meta",
    security(("project_key" = ["webhooks:read"])),
    params(ListIn),
    responses((status = 200, description = "The code", body = List<CodeOut>)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Query(query): Query<ListIn>,
) -> Result<Reply<List<CodeOut>>, Problem> {
    let language = query.language.as_deref().map(language).transpose()?;
    let snippets = ShowVerificationCode { caller: &caller, language }.run(&app.engine).await?;
    Ok(Reply::ok(List { data: snippets.into_iter().map(CodeOut::from).collect(), next_cursor: None }))
}

fn language(name: &str) -> Result<Language, Problem> {
    Language::named(name).ok_or_else(|| {
        let known = Language::ALL.map(Language::name).join(", ");
        Problem::invalid_at("/language", format!("There is no code in {name:?}, only in {known}."))
    })
}
