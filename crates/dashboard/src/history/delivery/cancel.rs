//! `POST /events/{event}/deliveries/{endpoint}/cancel`: a delivery that waits is not sent.

use axum::extract::State;
use axum::response::Response;
use postrider_http::App;
use postrider_service::Right;
use postrider_service::delivery::CancelDelivery;

use super::{DeliveryPath, refused};
use crate::form::{Done, Posted};
use crate::page::{Notice, Refusal, see};
use crate::visit::{At, Visit};

/// `POST /events/{event}/deliveries/{endpoint}/cancel`
///
/// # Errors
/// 409 if it has ended already; a form that was sent before.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    At(path): At<DeliveryPath>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let address = path.address(&visit);
    let cancel = async {
        let DeliveryPath { event, endpoint } = &path;
        CancelDelivery { caller: &visit.caller, event, endpoint }.run(&app.engine).await?;
        Ok(Done { value: (), seen_at: address.clone() })
    };
    posted.once(&visit.visitor, cancel).await.map_err(|once| refused(once, address.clone()))?;
    Ok(see(&Notice::CANCELLED.on(&address)))
}
