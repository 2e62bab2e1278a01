//! Sessions of people at the pages: operators sign in with a key, customers open a link (DESIGN 10).
//!
//! A session is a token of 256 bits that only the browser has; the store has its hash. It ends when it has expired or
//! somebody signs out, and with what opened it: the key, the root key in force, the tenant or the project.

mod form;
mod open_portal;
mod sign_in;
mod sign_out;
pub(crate) mod token;
mod visitor;
mod visits;

use postrider_model::time::Millis;

pub use form::{DropForm, FinishForm, TakeForm};
pub use open_portal::{OpenPortal, OpenRefused};
pub use postrider_store::TakenForm;
pub use sign_in::SignIn;
pub use sign_out::SignOut;
pub use visitor::{Visitor, Who};
pub use visits::Sessions;

/// A session that begins. Its token is known this once: only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// What the browser keeps.
    pub token: String,
    /// When the session ends by itself.
    pub expires_at: Millis,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
