//! Replays: the operators' list, and one replay on both faces with its progress.

mod cancel;
mod list;
mod show;
mod view;

use axum::Router;
use axum::routing::{get, post};
use postrider_http::App;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/replays", get(list::handler))
        .route("/replays/{replay}", get(show::handler))
        .route("/replays/{replay}/live", get(show::follow))
        .route("/replays/{replay}/cancel", post(cancel::handler))
}

/// The replay that a path names, by its public id.
#[derive(Debug, serde::Deserialize)]
struct ReplayPath {
    replay: String,
}
