//! `POST …/catalogue/{type}/archive`

use axum::extract::{Path, State};
use axum::response::Response;
use postrider_http::App;
use postrider_service::Right;
use postrider_service::event_type::ArchiveEventType;

use super::Named;
use crate::form::{Done, Posted};
use crate::page::{Notice, Refusal, see};
use crate::visit::Visit;

/// `POST …/catalogue/{type}/archive`
///
/// # Errors
/// 403 without `project:admin`; 404 for a type that is not there; 409 for one of the contract.
pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    Path(Named { r#type: name }): Path<Named>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::ProjectAdmin)?;
    let catalogue = visit.links.at("/catalogue");
    let archived = posted.once(&visit.visitor, async {
        ArchiveEventType { caller: &visit.caller, name: &name }.run(&app.engine).await?;
        Ok(Done { value: (), seen_at: catalogue.clone() })
    });
    archived.await?;
    Ok(see(&Notice::ARCHIVED.on(&catalogue)))
}
