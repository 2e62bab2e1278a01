//! `POST /events/{event}/erase`: what an event says is erased; operators only.

use axum::extract::State;
use axum::response::Response;
use postrider_http::App;
use postrider_service::Right;
use postrider_service::event::EraseEvent;

use super::EventPath;
use crate::form::{Done, Posted};
use crate::page::{Notice, Refusal, see};
use crate::visit::{At, Visit};

/// `POST /events/{event}/erase`
///
/// # Errors
/// 404 for an event that is not there; a form that was sent before.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    At(path): At<EventPath>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.operator_only()?;
    visit.needs(Right::WebhooksWrite)?;
    let address = visit.links.event(&path.event);
    let erase = async {
        EraseEvent { caller: &visit.caller, id: &path.event }.run(&app.engine).await?;
        Ok(Done { value: (), seen_at: address.clone() })
    };
    posted.once(&visit.visitor, erase).await?;
    Ok(see(&Notice::ERASED.on(&address)))
}
