//! The customers' way in. What they see then are the pages of `webhooks` and `history`.

mod open;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use postrider_http::App;

use crate::page::{Refusal, see};
use crate::visit::Visit;
use crate::{history, webhooks};

/// Below `/portal`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .merge(open::routes())
        .merge(history::routes())
        .nest("/webhooks", webhooks::routes())
}

/// `GET /portal`
async fn home(visit: Visit) -> Result<Response, Refusal> {
    Ok(see(&visit.links.at("/webhooks")))
}
