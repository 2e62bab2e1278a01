//! `…/catalogue/…`: where types are declared. They are read at `…/catalogue`, on both faces.

mod archive;
mod declaration;
mod edit;
mod new;

use axum::Router;
use axum::routing::{get, post};
use postrider_http::App;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/catalogue/new", get(new::show).post(new::submit))
        .route("/catalogue/{type}/edit", get(edit::show).post(edit::submit))
        .route("/catalogue/{type}/archive", post(archive::handler))
}

/// The type in a path.
#[derive(Debug, serde::Deserialize)]
struct Named {
    r#type: String,
}
