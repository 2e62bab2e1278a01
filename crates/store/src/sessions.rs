//! Who is signed in to the pages: sessions, the links by which customers open theirs, and forms that are taken once.
//!
//! Tokens never reach a store: everything is found by the SHA-256 of one. What belongs to a tenant or project that is
//! deleted ends with it; what has expired is removed by [`crate::Upkeep::step`].

use std::time::Duration;

use async_trait::async_trait;
use postrider_model::id::{Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;

use crate::{NewAudit, StoreError};

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// For so long after a link could be opened it is known what became of it; then [`crate::Upkeep::step`] forgets it.
pub const LINK_REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);

/// Keeps sessions. Each call is one transaction.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Keeps a link. [`StoreError::NotFound`] if the tenant was deleted meanwhile.
    async fn create_portal_link(&self, new: NewPortalLink, audit: NewAudit) -> Result<(), StoreError>;
    /// Opens a link, once: of any number of calls at the same time one begins a session.
    async fn open_portal_link(&self, link: TokenHash, session: NewSessionKey)
    -> Result<OpenLink, StoreError>;

    /// Begins a session.
    async fn create_session(&self, new: NewSession, audit: NewAudit) -> Result<(), StoreError>;
    /// A session; `None` if there is none, or it was ended. Whether it has expired is for the caller to see.
    async fn session(&self, hash: &TokenHash) -> Result<Option<Session>, StoreError>;
    /// Ends a session, if it is there.
    async fn end_session(&self, hash: &TokenHash) -> Result<(), StoreError>;

    /// Takes a form: of any number of calls with the same one, the first.
    async fn take_form(&self, form: FormKey, expires_at: Millis) -> Result<TakenForm, StoreError>;
    /// Remembers what became of a form that was taken.
    async fn finish_form(&self, form: FormKey, outcome: String) -> Result<(), StoreError>;
    /// Forgets that a form was taken: it may be sent again.
    async fn drop_form(&self, form: FormKey) -> Result<(), StoreError>;
}

/// A link to keep.
#[derive(Debug, Clone)]
pub struct NewPortalLink {
    /// Of its token.
    pub hash: TokenHash,
    /// The project.
    pub project: ProjectKey,
    /// Which world it opens.
    pub mode: Mode,
    /// Whose pages it opens.
    pub tenant: TenantKey,
    /// Now.
    pub created_at: Millis,
    /// From when on it opens nothing.
    pub expires_at: Millis,
}

/// A session that a link begins.
#[derive(Debug, Clone, Copy)]
pub struct NewSessionKey {
    /// Of its token.
    pub hash: TokenHash,
    /// Now.
    pub now: Millis,
    /// When it ends by itself.
    pub expires_at: Millis,
}

/// What became of opening a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenLink {
    /// It began this session.
    Opened(Session),
    /// There is no such link, or none any more: its tenant or project may be deleted, or it is long gone.
    Unknown,
    /// It was not opened in time.
    Expired,
    /// It was opened before.
    Used,
}

/// A session to begin.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Of its token.
    pub hash: TokenHash,
    /// Whose it is.
    pub holder: SessionHolder,
    /// Now.
    pub created_at: Millis,
    /// When it ends by itself.
    pub expires_at: Millis,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub holder: SessionHolder,
    /// When it began.
    pub created_at: Millis,
    /// When it ends by itself.
    pub expires_at: Millis,
}

/// Whose a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionHolder {
    /// Whoever had the root key.
    Root {
        /// Says which root key it was, to those who have the session's token; the key's hash is not to be had from it.
        proof: [u8; 32],
    },
    /// Whoever had a key of a project.
    Key {
        /// The hash by which the key is found.
        key_hash: [u8; 32],
    },
    /// Whoever had a link.
    Customer {
        /// The project.
        project: ProjectKey,
        /// Which world it opens.
        mode: Mode,
        /// Whose pages it opens.
        tenant: TenantKey,
        /// The tenant's public id.
        tenant_id: String,
    },
}

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormKey {
    /// Of the session it was made for: no other one meets it.
    pub session: TokenHash,
    /// Of its own token.
    pub form: TokenHash,
}

/// What became of taking a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenForm {
    /// It was not taken before: now it is.
    First,
    /// It was taken before.
    Before {
        /// What became of it, if that is known: it may still be under way, or have been cut off.
        outcome: Option<String>,
    },
}
