//! `POST /replays/{replay}/cancel`: nothing more is sent again.

use axum::extract::State;
use axum::response::Response;
use postrider_http::App;
use postrider_service::Right;
use postrider_service::replay::CancelReplay;

use super::ReplayPath;
use crate::form::{Done, Once, Posted};
use crate::page::{Notice, Refusal, see};
use crate::visit::{At, Visit};

/// `POST /replays/{replay}/cancel`
///
/// # Errors
/// 409 if it is done already; a form that was sent before.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    At(path): At<ReplayPath>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let address = visit.links.replay(&path.replay);
    let cancel = async {
        CancelReplay { caller: &visit.caller, id: &path.replay }.run(&app.engine).await?;
        Ok(Done { value: (), seen_at: address.clone() })
    };
    match posted.once(&visit.visitor, cancel).await {
        Ok(()) => Ok(see(&Notice::REPLAY_CANCELLED.on(&address))),
        Err(Once::Refused(refusal)) => Err(refusal),
        Err(failed) => Err(Refusal::from(failed).onward("Back to the replay", address)),
    }
}
