//! Code for the customers of a project: how its deliveries are verified.

use postrider_engine::Engine;
pub use postrider_receivers::{Language, Snippet};

use crate::project::product_name;
use crate::{Caller, ServiceError};

/// The receivers that fit the contract of the caller's project, which they call by its name for customers.
#[derive(Debug)]
pub struct ShowVerificationCode<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// In this language alone.
    pub language: Option<Language>,
}

impl ShowVerificationCode<'_> {
    /// Writes them, in the order of [`Language::ALL`].
    ///
    /// # Errors
    /// Of the store.
    pub async fn run(self, engine: &Engine) -> Result<Vec<Snippet>, ServiceError> {
        let context = engine.project(self.caller.project).await?;
        let sender = product_name(&context.project, &context.settings);
        Ok(match self.language {
            Some(language) => vec![postrider_receivers::snippet(&context.contract, sender, language)],
            None => postrider_receivers::snippets(&context.contract, sender),
        })
    }
}
