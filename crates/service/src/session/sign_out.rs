//! Signs somebody out.

use postrider_engine::Engine;

use super::{Sessions, token};
use crate::ServiceError;
use crate::authenticate::hash_key;

/// Somebody who signs out.
#[derive(Debug)]
pub struct SignOut<'a> {
    /// The session's token.
    pub token: &'a str,
}

impl SignOut<'_> {
    /// Ends the session, if it is one. When this returns, it opens nothing on this node; on others within a second.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn run(self, engine: &Engine, sessions: &Sessions) -> Result<(), ServiceError> {
        if token::is_formed(token::SESSION, self.token) {
            engine.store().end_session(&hash_key(self.token)).await?;
            sessions.forget_all();
        }
        Ok(())
    }
}
