//! `GET /` and `GET /dashboard`: to the first page that the session can open.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use postrider_http::{App, Problem};
use postrider_service::session::Who;

use crate::page::{Refusal, see};
use crate::visit::{Face, Links, Signed};

/// The routes, at their whole paths.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/", get(async || see(Face::Operator.prefix())))
}

/// `GET /dashboard`
///
/// # Errors
/// A session that is lost goes to sign in.
pub(crate) async fn handler(State(app): State<App>, session: Signed) -> Result<Response, Refusal> {
    Ok(match &session.visitor.who {
        Who::Key(holder) => {
            let caller = &holder.caller;
            let context = app.engine.project(caller.project).await.map_err(Problem::from)?;
            see(&Links::operator(&context.project.id, caller.mode).at(""))
        }
        Who::Root | Who::Customer(_) => see(&Links::above().at("/projects")),
    })
}
