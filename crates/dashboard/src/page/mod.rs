//! Whole pages: their frame, their headers, and the pages that say why something was not done.

mod headers;
pub(crate) mod notice;
pub(crate) mod refusal;
mod shell;
mod title;

use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use postrider_http::App;

pub(crate) use self::notice::Notice;
pub(crate) use self::refusal::Refusal;
pub(crate) use self::shell::{Here, bare};
use crate::form::Forms;
use crate::visit::{Face, Signed, Visit};

/// A page of a project.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its name, in the window's title and as its heading.
    pub(crate) title: String,
    /// The place in the navigation that is marked.
    pub(crate) here: Here,
    /// The pages above it: (name, address).
    pub(crate) above: Vec<(String, String)>,
    /// What stands beside the heading: the page's main actions.
    pub(crate) actions: Markup,
    /// What was just done.
    pub(crate) notice: Option<Notice>,
    /// The page.
    pub(crate) body: Markup,
}

impl Page {
    /// A page without actions.
    pub(crate) fn new(title: impl Into<String>, here: Here, body: Markup) -> Self {
        Self { title: title.into(), here, above: Vec::new(), actions: html! {}, notice: None, body }
    }

    /// Below these pages.
    #[must_use]
    pub(crate) fn below(mut self, name: impl Into<String>, address: impl Into<String>) -> Self {
        self.above.push((name.into(), address.into()));
        self
    }

    /// With main actions.
    #[must_use]
    pub(crate) fn with_actions(mut self, actions: Markup) -> Self {
        self.actions = actions;
        self
    }

    /// After something was done.
    #[must_use]
    pub(crate) fn after(mut self, notice: Option<Notice>) -> Self {
        self.notice = notice;
        self
    }

    /// The response, in the frame of the visit's face.
    pub(crate) fn show(self, app: &App, visit: &Visit) -> Response {
        self.show_as(StatusCode::OK, app, visit)
    }

    /// With another status: a form that was refused is shown again with 422.
    pub(crate) fn show_as(self, status: StatusCode, app: &App, visit: &Visit) -> Response {
        let forms = Forms::new(app, &visit.token);
        headers::respond(status, shell::framed(&self, visit, &forms), &headers::Allowed::of(visit))
    }

    /// The response to an operator, above the projects.
    pub(crate) fn show_above(self, app: &App, session: &Signed) -> Response {
        self.show_above_as(StatusCode::OK, app, session)
    }

    /// With another status.
    pub(crate) fn show_above_as(self, status: StatusCode, app: &App, session: &Signed) -> Response {
        let forms = Forms::new(app, &session.token);
        show_bare(status, shell::above(&self, session, &forms))
    }
}

/// The redirect after a form was done (303: the page after it is read, not sent).
pub(crate) fn see(address: &str) -> Response {
    headers::see(address)
}

/// A page in place of the one that was asked for.
fn show_refusal(status: StatusCode, face: Face, page: Markup) -> Response {
    headers::respond(status, page, &headers::Allowed::refusal(face))
}

/// A page without a project's frame: signing in.
pub(crate) fn show_bare(status: StatusCode, page: Markup) -> Response {
    headers::respond(status, page, &headers::Allowed::default())
}
