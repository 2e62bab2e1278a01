//! `…/settings`: a project's name, contract and numbers. Like the API, these pages need the root key (DESIGN 4.2).

mod change;
mod delete;
mod held;
mod page;
mod preview;
mod sections;
mod values;
mod waits;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use postrider_http::App;

use crate::operator::root_only;
use crate::page::Refusal;
use crate::page::refusal::DoneQuery;
use crate::visit::Visit;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/settings", get(show))
        .route("/settings/delete", post(delete::handler))
        .route("/settings/{section}", post(change::handler))
}

async fn show(
    visit: Visit,
    State(app): State<App>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    root_only(&visit)?;
    let page = page::Settings::read(&app, &visit).await?;
    Ok(page.framed(&app, &visit).after(done.notice()).show(&app, &visit))
}

/// What is saved together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Section {
    Name,
    Contract,
    Delivery,
    Storage,
    Portal,
}

impl Section {
    fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Contract => "contract",
            Self::Delivery => "delivery",
            Self::Storage => "storage",
            Self::Portal => "portal",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Contract => "Contract",
            Self::Delivery => "Delivery",
            Self::Storage => "Events and history",
            Self::Portal => "Customer portal",
        }
    }
}
