//! A page instead of the one that was asked for: it says what happened, and what to do.

use std::borrow::Cow;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use maud::{Markup, html};
use postrider_http::{Code, Problem};
use postrider_service::ServiceError;

use super::{Notice, bare, see, show_refusal};
use crate::visit::Face;
use crate::visit::links::with_query;

/// Why a page is not shown, or a form was not done.
#[derive(Debug, Clone)]
pub(crate) struct Refusal(Box<Said>);

#[derive(Debug, Clone)]
struct Said {
    status: u16,
    title: Cow<'static, str>,
    happened: Cow<'static, str>,
    advice: Cow<'static, str>,
    /// Where to go on: (label, address). `None`: the face's first page.
    onward: Option<(Cow<'static, str>, String)>,
    /// Where to sign in, instead of a page.
    sign_in: Option<String>,
}

impl Refusal {
    fn new(status: u16, title: &'static str, happened: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Said {
            status,
            title: Cow::Borrowed(title),
            happened: happened.into(),
            advice: Cow::Borrowed(""),
            onward: None,
            sign_in: None,
        }))
    }

    fn advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = advice.into();
        self
    }

    /// With a link to go on by.
    #[must_use]
    pub(crate) fn onward(mut self, label: &'static str, address: impl Into<String>) -> Self {
        self.0.onward = Some((Cow::Borrowed(label), address.into()));
        self
    }

    /// One of the API's problems.
    pub(crate) fn of(code: &'static Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code.status, code.title, detail)
    }

    /// 404.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, "Not found", format!("There is no such {what}."))
            .advice("It may have been deleted, or the address is not complete.")
    }

    /// 400.
    fn unreadable() -> Self {
        Self::new(
            400,
            "This address cannot be read",
            "Something in it is there twice, or is not what it should be.",
        )
        .advice("It may have been changed or cut off on its way. Open the page anew.")
    }

    /// 403.
    pub(crate) fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, "Not allowed", detail)
    }

    /// There is no session (any more). An operator who asked for a page goes to sign in; nothing was done.
    pub(crate) fn lost_session(face: Face, returning: Option<String>) -> Self {
        let refusal =
            Self::new(401, "Your session has ended", "You are not signed in (any more). Nothing was done.");
        match face {
            Face::Customer => refusal
                .advice("Open this page again from the product that sent you here: it gives you a new link."),
            Face::Operator => {
                let address =
                    with_query("/dashboard/sign-in", &[("next", returning.as_deref().unwrap_or(""))]);
                let mut refusal = refusal;
                refusal.0.sign_in = Some(address.clone());
                refusal.advice("Sign in again. What you entered was not saved.").onward("Sign in", address)
            }
        }
    }

    /// A form that is not of this session's pages, or was altered.
    pub(crate) fn foreign_form() -> Self {
        Self::new(403, "This form was not accepted", "The form does not belong to your session. Nothing was done.")
            .advice("You may have signed in again in another window, or another site tried to send it. Reload the page and try again.")
    }

    /// A form of something that was changed since.
    pub(crate) fn changed_meanwhile(address: impl Into<String>) -> Self {
        Self::new(
            409,
            "Changed meanwhile",
            "Somebody changed the same thing after you opened this page. Nothing of yours was saved.",
        )
        .advice("Look at what is there now, and make your change again.")
        .onward("See it as it is now", address)
    }

    /// A form that was sent before.
    pub(crate) fn sent_before(seen_at: Option<String>) -> Self {
        let title = "This form was sent before";
        match seen_at {
            Some(address) => {
                Self::new(409, title, "What it asks for was done the first time. It was not done again.")
                    .onward("See what was done", address)
            }
            None => Self::new(
                409,
                title,
                "It is being done, or was cut off while it was being done. It was not done again.",
            )
            .advice("Look whether it was done; if not, open the page anew and send it from there."),
        }
    }

    /// A portal link that opens nothing.
    pub(crate) fn link(title: &'static str, happened: &'static str) -> Self {
        Self::new(410, title, happened)
            .advice("Go back to the product that sent you here and open this page from there: it gives you a new link.")
    }

    fn page(&self, face: Face) -> Markup {
        let said = &self.0;
        let (label, address) = match (&said.onward, face) {
            (Some((label, address)), _) => (label.as_ref(), address.as_str()),
            (None, Face::Operator) => ("To the dashboard", "/dashboard"),
            (None, Face::Customer) => ("To your webhooks", "/portal/webhooks"),
        };
        // Without a session there is nothing in the portal to go on to.
        let is_dead_end = face == Face::Customer && matches!(said.status, 401 | 410) && said.onward.is_none();
        bare(
            face,
            &said.title,
            None,
            &html! {
                h1 { (said.title) }
                p { (said.happened) }
                @if !said.advice.is_empty() { p { (said.advice) } }
                @if !is_dead_end { p { a.button.primary href=(address) { (label) } } }
            },
        )
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let code = problem.code();
        let advice = if code.status >= 500 { code.retry.advice() } else { "" };
        Self::of(code, problem.detail().to_owned()).advice(advice)
    }
}

impl From<ServiceError> for Refusal {
    fn from(error: ServiceError) -> Self {
        match error {
            // The pages' word for it.
            ServiceError::NotFound("endpoint") => Self::not_found("webhook"),
            other => Problem::from(other).into(),
        }
    }
}

/// Becomes a page in [`shown`], which knows the face.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Renders the refusals of a face.
pub(crate) async fn shown(face: Face, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = next.run(request).await;
    let Some(refusal) = refusal_of(&response) else { return response };
    match &refusal.0.sign_in {
        Some(address) if reads => see(address),
        _ => show_refusal(response.status(), face, refusal.page(face)),
    }
}

fn refusal_of(response: &Response) -> Option<Refusal> {
    let said = response.extensions();
    if let Some(refusal) = said.get::<Refusal>() {
        return Some(refusal.clone());
    }
    // Of a layer that the API has too.
    if let Some(problem) = said.get::<Problem>() {
        return Some(problem.clone().into());
    }
    (response.status() == StatusCode::BAD_REQUEST && !is_page(response)).then(Refusal::unreadable)
}

/// What is no page was said by the framework: the address has a part that cannot be read, or has it twice.
fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/html"))
}

/// For a path that is no page.
pub(crate) async fn unknown_path() -> Refusal {
    Refusal::not_found("page")
}

/// For an address that takes forms and was opened, or the other way round.
pub(crate) async fn wrong_method() -> Refusal {
    Refusal::new(405, "Nothing to see here", "This address is there, but not for a request of this kind.")
        .advice("Go back to the page you came from, and use its links and buttons.")
}

/// The notice that an address carries.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct DoneQuery {
    done: Option<String>,
}

impl DoneQuery {
    /// What was done.
    pub(crate) fn notice(&self) -> Option<Notice> {
        Notice::named(self.done.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::post;
    use axum::{Router, middleware};
    use postrider_http::code;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn what_a_layer_refuses_is_a_page_too() {
        let refuses = || async { Problem::new(code::UNAVAILABLE, "The server is stopping.") };
        let shown = middleware::from_fn(|request, next| shown(Face::Customer, request, next));
        let pages: Router = Router::new().route("/", post(refuses)).layer(shown);
        let response =
            pages.oneshot(http::Request::post("/").body(axum::body::Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 503);
        assert!(is_page(&response));
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("The server is stopping."), "{body}");
    }
}
