//! How a request shows whose it is.

use axum::extract::{FromRequestParts, OriginalUri, RawPathParams};
use http::Method;
use http::request::Parts;
use postrider_http::{App, Problem, ROOT_ACTOR};
use postrider_model::id::Mode;
use postrider_service::Caller;
use postrider_service::session::Who;

use super::{Face, SessionToken, Signed, Visit, cookie};
use crate::page::Refusal;

impl FromRequestParts<App> for Signed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        session(app, Face::Operator, parts).await
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let named = Named::of(parts, app).await?;
        let face = if named.project.is_some() { Face::Operator } else { Face::Customer };
        let session = session(app, face, parts).await?;
        let caller = match &session.visitor.who {
            Who::Customer(caller) => caller.clone(),
            Who::Root => root_caller(app, &named).await?,
            Who::Key(holder) => {
                named.check(app, &holder.caller).await?;
                holder.caller.clone()
            }
        };
        let rights = session.visitor.rights();
        Visit::of(app, face, session, caller, rights).await
    }
}

/// The project and mode that an operator's path names.
#[derive(Debug, Default)]
struct Named {
    project: Option<String>,
    mode: Option<Mode>,
}

impl Named {
    async fn of(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let unreadable = |_| Refusal::not_found("page");
        let parameters = RawPathParams::from_request_parts(parts, app).await.map_err(unreadable)?;
        let mut named = Self::default();
        for (name, value) in &parameters {
            match (name, value) {
                ("project", _) => named.project = Some(value.to_owned()),
                ("mode", "live") => named.mode = Some(Mode::Live),
                ("mode", "test") => named.mode = Some(Mode::Test),
                ("mode", _) => return Err(Refusal::not_found("page")),
                _ => {}
            }
        }
        Ok(named)
    }

    /// A project key opens its own project and mode; of others it does not say whether they are there.
    async fn check(&self, app: &App, caller: &Caller) -> Result<(), Refusal> {
        let own = app.engine.project(caller.project).await.map_err(Problem::from)?;
        if self.project.as_deref() != Some(own.project.id.as_str()) || self.mode != Some(caller.mode) {
            return Err(Refusal::not_found("project or mode that this key can open"));
        }
        Ok(())
    }
}

/// The root key goes everywhere.
async fn root_caller(app: &App, named: &Named) -> Result<Caller, Refusal> {
    let missing = || Refusal::not_found("project");
    let id = named.project.as_deref().ok_or_else(missing)?;
    let mode = named.mode.ok_or_else(missing)?;
    let project = app.engine.store().project(id).await.map_err(Problem::from)?.ok_or_else(missing)?;
    Ok(Caller { project: project.key, mode, tenant: None, actor: ROOT_ACTOR.to_owned() })
}

/// The session that the face's cookie names.
async fn session(app: &App, face: Face, parts: &Parts) -> Result<Signed, Refusal> {
    let lost = || Refusal::lost_session(face, returning(parts));
    let token = cookie::token(face, &parts.headers).ok_or_else(lost)?;
    let visitor =
        app.sessions.visitor(&app.engine, &app.authenticator, &token).await.map_err(Problem::from)?;
    let visitor = visitor.ok_or_else(lost)?;
    let is_customer = matches!(visitor.who, Who::Customer(_));
    // A cookie of one face says nothing on the other.
    if is_customer != (face == Face::Customer) {
        return Err(lost());
    }
    Ok(Signed { visitor, token: SessionToken(token) })
}

/// Where to go on after signing in again: the page that was asked for; of a form, the page it was on.
fn returning(parts: &Parts) -> Option<String> {
    if parts.method == Method::GET {
        return Some(asked(parts));
    }
    let referer = parts.headers.get(http::header::REFERER)?.to_str().ok()?;
    let path = referer.splitn(4, '/').nth(3)?;
    Some(format!("/{path}"))
}

/// The whole path that was asked for; a nested router sees less of it.
fn asked(parts: &Parts) -> String {
    let original = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
    original.path_and_query().map_or_else(|| original.path().to_owned(), |path| path.as_str().to_owned())
}
