//! Forms that are taken once: what a form asks for is not done again when it is sent again.

use postrider_engine::Engine;
use postrider_store::{FormKey, TakenForm};

use super::Visitor;
use crate::ServiceError;
use crate::authenticate::hash_key;

/// A form that was sent.
#[derive(Debug)]
pub struct TakeForm<'a> {
    /// Who sent it.
    pub visitor: &'a Visitor,
    /// The form's own token, made when it was rendered.
    pub form: &'a str,
}

impl TakeForm<'_> {
    /// Takes it, if it was not taken before. It is remembered until the session ends.
    ///
    /// # Errors
    /// [`ServiceError::Store`]: it is not known whether it was taken.
    pub async fn run(self, engine: &Engine) -> Result<TakenForm, ServiceError> {
        let key = key(self.visitor, self.form);
        Ok(engine.store().take_form(key, self.visitor.expires_at).await?)
    }
}

/// A form that was taken and came to its end.
#[derive(Debug)]
pub struct FinishForm<'a> {
    /// Who sent it.
    pub visitor: &'a Visitor,
    /// The form's own token.
    pub form: &'a str,
    /// For whoever sends it again: where the page after it is.
    pub outcome: String,
}

impl FinishForm<'_> {
    /// Remembers what became of it.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn run(self, engine: &Engine) -> Result<(), ServiceError> {
        Ok(engine.store().finish_form(key(self.visitor, self.form), self.outcome).await?)
    }
}

/// A form that was taken, and of which nothing was done.
#[derive(Debug)]
pub struct DropForm<'a> {
    /// Who sent it.
    pub visitor: &'a Visitor,
    /// The form's own token.
    pub form: &'a str,
}

impl DropForm<'_> {
    /// Lets it be sent again.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn run(self, engine: &Engine) -> Result<(), ServiceError> {
        Ok(engine.store().drop_form(key(self.visitor, self.form)).await?)
    }
}

fn key(visitor: &Visitor, form: &str) -> FormKey {
    FormKey { session: visitor.hash, form: hash_key(form) }
}
