//! `POST /dashboard/sign-out`

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::header::SET_COOKIE;
use postrider_http::App;
use postrider_service::session::SignOut;

use crate::form::Posted;
use crate::page::{Notice, Refusal, see};
use crate::visit::cookie::Jar;
use crate::visit::{Face, Signed};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/sign-out", post(handler))
}

/// Ending a session twice is ending it: the form need not be taken once.
async fn handler(State(app): State<App>, session: Signed, _: Posted) -> Result<Response, Refusal> {
    SignOut { token: &session.token.0 }.run(&app.engine, &app.sessions).await?;
    let mut response = see(&Notice::SIGNED_OUT.on("/dashboard/sign-in"));
    let jar = Jar { face: Face::Operator, secure: app.public_url.starts_with("https:"), embedded: false };
    if let Some(cookie) = jar.clear() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
