//! API keys.

use postrider_model::id::{KeyId, Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;

/// An API key; of the key itself only its hash.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// Its project.
    pub project: ProjectKey,
    /// Its name.
    pub name: String,
    /// Which world it opens.
    pub mode: Mode,
    /// The customer it belongs to, if it is a customer's.
    pub tenant: Option<(TenantKey, String)>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Its first characters, for people to tell keys apart.
    pub prefix: String,
    /// When it was made.
    pub created_at: Millis,
}

/// A key to create.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Its id.
    pub id: KeyId,
    /// Its project.
    pub project: ProjectKey,
    /// Its name.
    pub name: String,
    /// Which world it opens.
    pub mode: Mode,
    /// The customer it belongs to; the tenant is made if it is new.
    pub tenant: Option<String>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Its first characters.
    pub prefix: String,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// Now.
    pub now: Millis,
}
