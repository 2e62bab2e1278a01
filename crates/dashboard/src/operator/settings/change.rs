//! `POST …/settings/{section}`

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use postrider_http::App;
use postrider_service::ServiceError;
use postrider_service::project::ChangeProject;

use super::Section;
use super::page::Settings;
use crate::form::{Done, Once, Posted};
use crate::operator::root_only;
use crate::page::{Notice, Refusal, see};
use crate::visit::Visit;

/// The section in a path.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Named {
    section: Section,
}

/// `POST …/settings/{section}`
///
/// # Errors
/// 403 without the root key; 404 for a section that is none; 409 if somebody changed the project meanwhile.
pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    named: Result<Path<Named>, axum::extract::rejection::PathRejection>,
    posted: Posted,
) -> Result<Response, Refusal> {
    root_only(&visit)?;
    let Path(Named { section }) = named.map_err(|_| Refusal::not_found("page"))?;
    let settings = visit.links.at("/settings");
    let page = Settings::read(&app, &visit).await?.entered(section, &posted.fields);
    let changed = posted.once(&visit.visitor, async {
        // Without a revision the form is none of ours: no project has ever had that one.
        let revision = posted.fields.text("revision").parse().unwrap_or(u64::MAX);
        let patch = page.values.patch(section).map_err(ServiceError::Invalid)?;
        let change = ChangeProject { id: &visit.project.id, patch, expected_revision: Some(revision) };
        change.run(&app.engine).await?;
        Ok(Done { value: (), seen_at: settings.clone() })
    });
    match changed.await {
        Ok(()) => Ok(see(&Notice::SAVED.on(&settings))),
        Err(Once::Failed(ServiceError::Conflict { .. })) => Err(Refusal::changed_meanwhile(settings)),
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            let page = page.refused(section, faults);
            Ok(page.framed(&app, &visit).show_as(StatusCode::UNPROCESSABLE_ENTITY, &app, &visit))
        }
        Err(other) => Err(other.into()),
    }
}
