//! `POST /events/{event}/deliveries/{endpoint}/resend`: a delivery is sent again.

use axum::extract::State;
use axum::response::Response;
use postrider_http::App;
use postrider_service::delivery::ResendDelivery;
use postrider_service::{Right, ServiceError};
use postrider_store::DeliverySummary;

use super::{DeliveryPath, refused};
use crate::form::{Done, Once, Posted};
use crate::page::{Notice, Refusal, see};
use crate::visit::{At, Visit};

/// The field that says what the page showed when the form was made.
pub(super) const SEEN_FIELD: &str = "seen";
/// Stands for a delivery that is not any more as it was seen.
const STALE: &str = "stale";

/// A delivery as a page saw it: an answer that came since may be what somebody wanted to send it again for.
pub(super) fn seen(summary: &DeliverySummary) -> String {
    format!("{} after {}", summary.state.name(), summary.attempts)
}

/// `POST /events/{event}/deliveries/{endpoint}/resend`
///
/// # Errors
/// What the API says: pending, disabled, past its retention. A form that was sent before, or is stale.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    At(path): At<DeliveryPath>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let address = path.address(&visit);
    let resend = async {
        let found = path.find(&visit).run(&app.engine).await?;
        if posted.fields.text(SEEN_FIELD) != seen(&found.detail.summary) {
            return Err(ServiceError::conflict(STALE, ""));
        }
        let DeliveryPath { event, endpoint } = &path;
        ResendDelivery { caller: &visit.caller, event, endpoint }.run(&app.engine).await?;
        Ok(Done { value: (), seen_at: address.clone() })
    };
    match posted.once(&visit.visitor, resend).await {
        Ok(()) => Ok(see(&Notice::RESENT.on(&address))),
        Err(Once::Failed(ServiceError::Conflict { code: STALE, .. })) => {
            Err(Refusal::changed_meanwhile(address))
        }
        Err(once) => Err(refused(once, address)),
    }
}
