//! What people see (DESIGN 10): the operators' dashboard at `/dashboard` and the customers' portal at `/portal`, rendered
//! on the server, without a build step, from the binary alone.
//!
//! Two *faces* look at the same pages: what is about endpoints, events and deliveries (`webhooks`, `history`) is written
//! once and mounted under both. A handler takes a [`visit::Visit`] first: it says who looks, at whose things, and makes
//! every address on the page. What changes something is a form ([`form`]): bound to its session, done once.
//!
//! The surface changes things by the use cases of `postrider-service` only, as the API does; there is nothing a page can
//! do that the API cannot.

mod assets;
mod chart;
mod form;
mod history;
mod live;
mod operator;
mod page;
mod portal;
#[cfg(test)]
mod samples;
mod view;
mod visit;
mod webhooks;

use axum::routing::get;
use axum::{Router, middleware};
use postrider_http::{App, whole};

use self::visit::Face;

/// Both faces.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(operator::home::routes())
        .route("/dashboard/", get(async || page::see("/dashboard")))
        .route("/portal/", get(async || page::see("/portal")))
        .nest("/dashboard", face(Face::Operator, operator::routes(), &app))
        .nest("/portal", face(Face::Customer, portal::routes(), &app))
        .with_state(app)
}

/// The pages of one face, with what they are made of, and a page for every refusal.
fn face(face: Face, routes: Router<App>, app: &App) -> Router<App> {
    routes
        .merge(assets::routes())
        .fallback(page::refusal::unknown_path)
        .method_not_allowed_fallback(page::refusal::wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), whole::layer))
        .layer(middleware::from_fn(move |request, next| page::refusal::shown(face, request, next)))
}
