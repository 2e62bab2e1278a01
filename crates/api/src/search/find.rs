//! `GET /v1/search`

use axum::extract::State;
use postrider_http::{App, May, Problem, ProblemOut, Query, Reply, WebhooksRead};
use postrider_service::search::{FindById, Found};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FindIn {
    /// A whole id.
    id: String,
}

/// What an id stands for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Found)]
pub struct FoundOut {
    /// `event`, `endpoint`, `replay`, `tenant` or `attempt`.
    kind: &'static str,
    /// The tenant, of an endpoint or a tenant.
    #[schema(required = true)]
    tenant: Option<String>,
    /// The event, of an event or an attempt.
    #[schema(required = true)]
    event: Option<String>,
    /// The endpoint, of an endpoint or an attempt.
    #[schema(required = true)]
    endpoint: Option<String>,
    /// The replay, of a replay.
    #[schema(required = true)]
    replay: Option<String>,
}

impl FoundOut {
    fn of(id: String, found: Found) -> Self {
        let none = Self { kind: "", tenant: None, event: None, endpoint: None, replay: None };
        match found {
            Found::Event => Self { kind: "event", event: Some(id), ..none },
            Found::Endpoint { tenant } => {
                Self { kind: "endpoint", tenant: Some(tenant), endpoint: Some(id), ..none }
            }
            Found::Replay => Self { kind: "replay", replay: Some(id), ..none },
            Found::Tenant => Self { kind: "tenant", tenant: Some(id), ..none },
            Found::Attempt { event, endpoint } => {
                Self { kind: "attempt", event: Some(event), endpoint: Some(endpoint), ..none }
            }
        }
    }
}

/// Find what an id stands for
///
/// Of an event, an endpoint that was not deleted, a replay, a tenant; of an attempt, if it was made for one of the newest
/// 2,000 deliveries. In the mode of the key; with a tenant's key, of what is the tenant's own.
#[utoipa::path(
    get,
    path = "/v1/search",
    operation_id = "find_by_id",
    tag = "Meta",
    security(("project_key" = ["webhooks:read"])),
    params(FindIn),
    responses(
        (status = 200, description = "What it stands for", body = FoundOut),
        (status = 404, description = "Nothing has this id", body = ProblemOut),
    ),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Query(FindIn { id }): Query<FindIn>,
) -> Result<Reply<FoundOut>, Problem> {
    let found = FindById { caller: &caller, id: &id }.run(&app.engine).await?;
    let found = found.ok_or_else(|| Problem::not_found("id"))?;
    Ok(Reply::ok(FoundOut::of(id, found)))
}
