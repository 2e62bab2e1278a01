//! Opens a link to the portal.

use postrider_engine::Engine;
use postrider_store::{NewSessionKey, OpenLink, StoreError};

use super::{Opened, token};
use crate::ServiceError;
use crate::authenticate::hash_key;

/// A link that is opened.
#[derive(Debug)]
pub struct OpenPortal<'a> {
    /// The link's token.
    pub token: &'a str,
}

/// Why a link opens nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenRefused {
    /// It is none, was altered, is long gone, or its customer was deleted.
    #[error("There is no such link.")]
    Unknown,
    /// It was not opened in time.
    #[error("The link has expired.")]
    Expired,
    /// It was opened before.
    #[error("The link was opened before.")]
    Used,
    /// It is not known.
    #[error(transparent)]
    Service(ServiceError),
}

impl From<StoreError> for OpenRefused {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

impl OpenPortal<'_> {
    /// Begins a session of the link's customer. Of several calls with one link, on any nodes, one does.
    ///
    /// # Errors
    /// [`OpenRefused`].
    pub async fn run(self, engine: &Engine) -> Result<Opened, OpenRefused> {
        if !token::is_formed(token::PORTAL_LINK, self.token) {
            return Err(OpenRefused::Unknown);
        }
        let token = token::make(token::SESSION, engine.rng().as_ref());
        let now = engine.now();
        let expires_at = now + engine.limits().portal_session;
        let session = NewSessionKey { hash: hash_key(&token), now, expires_at };
        match engine.store().open_portal_link(hash_key(self.token), session).await? {
            OpenLink::Opened(_) => Ok(Opened { token, expires_at }),
            OpenLink::Unknown => Err(OpenRefused::Unknown),
            OpenLink::Expired => Err(OpenRefused::Expired),
            OpenLink::Used => Err(OpenRefused::Used),
        }
    }
}
