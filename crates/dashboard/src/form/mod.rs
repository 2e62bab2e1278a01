//! Forms: how a page changes something.
//!
//! Each form that is rendered carries a token of its own ([`token`]): made for this session and this address, so that
//! no other site, session or page can send it (CSRF), and taken once in the store, so that a form that arrives twice is
//! done once, on whichever node ([`Posted::once`]).

mod fields;
mod once;
pub(crate) mod posted;
mod token;

use maud::{Markup, html};
use postrider_http::App;

pub(crate) use self::fields::Fields;
pub(crate) use self::once::{Done, Once};
pub(crate) use self::posted::Posted;
use self::token::FormToken;
use crate::visit::SessionToken;

/// The name of the field that carries the token.
pub(crate) const TOKEN_FIELD: &str = "_form";

/// What makes the tokens of the forms on one page.
#[derive(Debug, Clone)]
pub(crate) struct Forms {
    session: SessionToken,
    token: FormToken,
}

impl Forms {
    /// For a page that this session is shown now.
    pub(crate) fn new(app: &App, session: &SessionToken) -> Self {
        let mut nonce = [0; 16];
        app.engine.rng().fill(&mut nonce);
        Self { session: session.clone(), token: FormToken(nonce) }
    }

    #[cfg(test)]
    pub(crate) fn sample() -> Self {
        Self { session: SessionToken("ses_sample".to_owned()), token: FormToken([7; 16]) }
    }

    /// A form that posts to `action`.
    pub(crate) fn form(&self, action: &str, body: Markup) -> Markup {
        self.classed(action, "", body)
    }

    /// A form that is one button.
    pub(crate) fn button(&self, action: &str, label: &str) -> Markup {
        self.classed(action, "inline", html! { button type="submit" { (label) } })
    }

    /// A form of that class.
    pub(crate) fn classed(&self, action: &str, class: &str, body: Markup) -> Markup {
        // One page may hold several forms: what tells their tokens apart is their address, and two of one address
        // (which are the same wish) share one.
        let path = action.split('?').next().unwrap_or_default();
        let token = self.token.write(&self.session, path);
        html! {
            form method="post" action=(action) class=[(!class.is_empty()).then_some(class)] {
                input type="hidden" name=(TOKEN_FIELD) value=(token);
                (body)
            }
        }
    }
}
