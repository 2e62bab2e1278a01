//! `GET /v1/stats`

use axum::extract::State;
use postrider_http::{App, May, Problem, Query, Reply, WebhooksRead};
use postrider_service::stats::CountProject;

use super::view::ProjectStatsOut;
use crate::endpoints::stats::StatsIn;

/// Count what happens in the project
///
/// Of the key's mode, all tenants together, without test sends; a tenant's key may not ask. An attempt counts in the minute
/// in which it began. Minutes are kept for eight days, and hours for ninety: of what is older than eight days a whole hour
/// is in the step in which it begins. What happened in the last ten seconds may not be counted yet; where a node is
/// killed, what it counted in them is lost.
#[utoipa::path(
    get,
    path = "/v1/stats",
    operation_id = "get_stats",
    tag = "Statistics",
    security(("project_key" = ["webhooks:read"])),
    params(StatsIn),
    responses((status = 200, description = "The counts", body = ProjectStatsOut)),
)]
pub async fn handler(
    State(app): State<App>,
    caller: May<WebhooksRead>,
    Query(query): Query<StatsIn>,
) -> Result<Reply<ProjectStatsOut>, Problem> {
    let caller = caller.project_wide()?;
    let StatsIn { since, until, step_minutes } = query;
    let counted = CountProject { caller, since, until, step_minutes }.run(&app.engine).await?;
    Ok(Reply::ok(counted.into()))
}
