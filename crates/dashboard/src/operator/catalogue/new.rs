//! `GET` and `POST …/catalogue/new`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use postrider_http::App;
use postrider_service::event_type::{CatalogueType, FindEventType};
use postrider_service::{Right, ServiceError};

use super::declaration::Declaration;
use crate::form::{Done, Forms, Once, Posted};
use crate::page::{Here, Notice, Page, Refusal, see};
use crate::visit::Visit;

/// `GET …/catalogue/new`
///
/// # Errors
/// 403 without `project:admin`.
pub(super) async fn show(visit: Visit, State(app): State<App>) -> Result<Response, Refusal> {
    visit.needs(Right::ProjectAdmin)?;
    let form = Declaration { is_new: true, ..Declaration::default() };
    Ok(respond(&app, &visit, StatusCode::OK, &form))
}

/// `POST …/catalogue/new`
///
/// # Errors
/// 403 without `project:admin`.
pub(super) async fn submit(
    visit: Visit,
    State(app): State<App>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::ProjectAdmin)?;
    let form = Declaration::entered(&posted.fields, posted.fields.text("name"), true);
    let declared = posted.once(&visit.visitor, async {
        is_free(&app, &visit, &form.name).await?;
        form.wanted(&visit)?.run(&app.engine).await?;
        Ok(Done { value: (), seen_at: visit.links.event_type(&form.name) })
    });
    match declared.await {
        Ok(()) => Ok(see(&Notice::CREATED.on(&visit.links.event_type(&form.name)))),
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            Ok(respond(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, &form.with(faults)))
        }
        Err(other) => Err(other.into()),
    }
}

/// A type that is declared already is edited, not written over by mistake; one from the archive may come back.
async fn is_free(app: &App, visit: &Visit, name: &str) -> Result<(), ServiceError> {
    match (FindEventType { caller: &visit.caller, name }).run(&app.engine).await {
        Err(ServiceError::NotFound(_)) => Ok(()),
        Ok(CatalogueType::Own(own)) if own.archived_at.is_some() => Ok(()),
        Ok(_) => {
            Err(ServiceError::invalid("/name", "A type of that name is declared already: edit that one."))
        }
        Err(other) => Err(other),
    }
}

fn respond(app: &App, visit: &Visit, status: StatusCode, form: &Declaration) -> Response {
    let (action, back) = (visit.links.at("/catalogue/new"), visit.links.at("/catalogue"));
    let body = form.markup(&action, &back, "Declare type", &Forms::new(app, &visit.token));
    Page::new("New event type", Here::Catalogue, body)
        .below("Event catalogue", back)
        .show_as(status, app, visit)
}
