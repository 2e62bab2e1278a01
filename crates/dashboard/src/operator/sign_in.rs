//! `/dashboard/sign-in`: a key for a session.

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::SET_COOKIE;
use maud::{Markup, html};
use postrider_http::{App, Problem};
use postrider_service::session::SignIn;

use crate::assets;
use crate::form::Fields;
use crate::form::posted::{from_our_pages, read};
use crate::page::{Notice, Refusal, bare, refusal::DoneQuery, see, show_bare};
use crate::view::field::Text;
use crate::visit::cookie::Jar;
use crate::visit::{Face, links::with_query};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/sign-in", get(show).post(submit))
}

#[derive(Debug, Default, serde::Deserialize)]
struct Where {
    /// The page to go on to.
    #[serde(default)]
    next: String,
}

async fn show(Query(Where { next }): Query<Where>, Query(done): Query<DoneQuery>) -> Response {
    show_bare(StatusCode::OK, page(&next, done.notice(), None))
}

async fn submit(State(app): State<App>, Query(Where { next }): Query<Where>, request: Request) -> Response {
    match sign_in(&app, request).await {
        Ok(cookie) => {
            let mut response = see(if is_ours(&next) { &next } else { Face::Operator.prefix() });
            if let Some(cookie) = cookie {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            response
        }
        Err(SignInRefused::Page(refusal)) => refusal.into_response(),
        Err(SignInRefused::Key(problem)) => {
            let status = StatusCode::from_u16(problem.code().status).unwrap_or(StatusCode::BAD_REQUEST);
            show_bare(status, page(&next, None, Some(problem.detail())))
        }
    }
}

enum SignInRefused {
    Page(Refusal),
    Key(Problem),
}

/// There is no session yet that a form could be bound to: that it came from our page is what the browser says.
async fn sign_in(app: &App, request: Request) -> Result<Option<http::HeaderValue>, SignInRefused> {
    from_our_pages(request.headers()).map_err(SignInRefused::Page)?;
    let fields: Fields = read(request, app).await.map_err(SignInRefused::Page)?;
    let sign_in = SignIn { key: fields.text("key") };
    let opened = sign_in.run(&app.engine, &app.authenticator).await;
    let opened = opened.map_err(|error| SignInRefused::Key(error.into()))?;
    let jar = Jar { face: Face::Operator, secure: app.public_url.starts_with("https:"), embedded: false };
    let seconds = opened.expires_at.since(app.engine.now()).as_secs();
    Ok(jar.keep(&opened.token, seconds))
}

/// Only to a page of the dashboard: never to where somebody else's link says.
fn is_ours(next: &str) -> bool {
    let below = next.strip_prefix(Face::Operator.prefix());
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        && !next.contains(['\\', '\r', '\n'])
        && !next.contains("//")
}

fn page(next: &str, notice: Option<Notice>, fault: Option<&str>) -> Markup {
    let action = with_query("/dashboard/sign-in", &[("next", next)]);
    let key = Text {
        name: "key",
        label: "API key or root key",
        hint: "A key of one project opens that project; the root key opens all of them.",
        kind: "password",
        required: true,
        faults: fault.into_iter().collect(),
        ..Text::default()
    };
    bare(
        Face::Operator,
        "Sign in",
        None,
        &html! {
            p.brand { img.logo src={ "/dashboard" (assets::icon()) } alt="" width="28" height="28"; "Postrider" }
            h1 { "Sign in" }
            @if let Some(notice) = notice { p.notice role="status" { (notice.text()) } }
            @if is_ours(next) { p.soft { "You are not signed in (any more). With a key you are back on the page that you asked for." } }
            form method="post" action=(action) {
                (key.show())
                button.primary type="submit" { "Sign in" }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_goes_on_to_pages_of_ours_only() {
        for next in ["/dashboard", "/dashboard/p/acme/live?cursor=a", "/dashboard?x"] {
            assert!(is_ours(next), "{next}");
        }
        for next in [
            "",
            "//evil.example",
            "/dashboardx",
            "https://evil.example/dashboard",
            "/dashboard\\..",
            "/portal",
        ] {
            assert!(!is_ours(next), "{next}");
        }
    }
}
