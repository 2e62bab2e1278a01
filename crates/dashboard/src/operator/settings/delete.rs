//! `POST …/settings/delete`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use postrider_http::App;
use postrider_service::ServiceError;
use postrider_service::project::DeleteProject;

use super::page::Settings;
use crate::form::{Done, Once, Posted};
use crate::operator::{root_only, typed};
use crate::page::{Notice, Refusal, see};
use crate::visit::{Links, Visit};

/// `POST …/settings/delete`
///
/// # Errors
/// 403 without the root key.
pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    posted: Posted,
) -> Result<Response, Refusal> {
    root_only(&visit)?;
    let id = &visit.project.id;
    let projects = Links::above().at("/projects");
    let deleted = posted.once(&visit.visitor, async {
        typed::check(&posted.fields, id)?;
        DeleteProject { id }.run(&app.engine, &app.authenticator).await?;
        app.sessions.forget_all();
        Ok(Done { value: (), seen_at: projects.clone() })
    });
    match deleted.await {
        Ok(()) => Ok(see(&Notice::PROJECT_DELETED.on(&projects))),
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            let wrong = faults.into_iter().next().map(|fault| fault.detail);
            let page = Settings { mistyped: wrong, ..Settings::read(&app, &visit).await? };
            Ok(page.framed(&app, &visit).show_as(StatusCode::UNPROCESSABLE_ENTITY, &app, &visit))
        }
        Err(other) => Err(other.into()),
    }
}
