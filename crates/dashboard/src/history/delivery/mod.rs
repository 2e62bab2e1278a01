//! One delivery on both faces: its attempts, the request, sending it again, cancelling it.

mod attempts;
mod cancel;
mod page;
pub(crate) mod request;
mod resend;
mod show;

use axum::Router;
use axum::routing::{get, post};
use postrider_http::App;
use postrider_service::delivery::FindDelivery;

use crate::form::Once;
use crate::page::Refusal;
use crate::visit::Visit;

/// The routes.
pub(super) fn routes() -> Router<App> {
    const AT: &str = "/events/{event}/deliveries/{endpoint}";
    Router::new()
        .route(AT, get(show::handler))
        .route(&format!("{AT}/live"), get(show::follow))
        .route(&format!("{AT}/resend"), post(resend::handler))
        .route(&format!("{AT}/cancel"), post(cancel::handler))
}

/// The delivery that a path names, by the public ids of its event and its endpoint.
#[derive(Debug, Clone, serde::Deserialize)]
struct DeliveryPath {
    event: String,
    endpoint: String,
}

impl DeliveryPath {
    /// Its page.
    fn address(&self, visit: &Visit) -> String {
        visit.links.delivery(&self.event, &self.endpoint)
    }

    fn find<'a>(&'a self, visit: &'a Visit) -> FindDelivery<'a> {
        FindDelivery { caller: &visit.caller, event: &self.event, endpoint: &self.endpoint }
    }
}

/// Why a change was not made, with a way back to the delivery.
fn refused(once: Once, address: String) -> Refusal {
    match once {
        Once::Refused(refusal) => refusal,
        failed @ Once::Failed(_) => Refusal::from(failed).onward("Back to the delivery", address),
    }
}
