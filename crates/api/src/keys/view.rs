//! A key as the API shows it.

use postrider_model::id::Mode;
use postrider_model::time::Millis;
use postrider_service::key;
use postrider_store::ApiKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One of the two worlds of a project.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Mode)]
pub enum ModeOut {
    /// Real events.
    Live,
    /// Events of a test system.
    Test,
}

impl From<Mode> for ModeOut {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Live => Self::Live,
            Mode::Test => Self::Test,
        }
    }
}

impl From<ModeOut> for Mode {
    fn from(mode: ModeOut) -> Self {
        match mode {
            ModeOut::Live => Self::Live,
            ModeOut::Test => Self::Test,
        }
    }
}

/// An API key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyOut {
    /// Its id; not the key itself.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The world it opens.
    pub mode: ModeOut,
    /// The customer it belongs to, if it is a customer's.
    #[schema(required = true)]
    pub tenant: Option<String>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Its first characters.
    pub prefix: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// The key itself: only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl From<ApiKey> for KeyOut {
    fn from(row: ApiKey) -> Self {
        Self {
            id: key::show_id(row.id),
            name: row.name,
            mode: row.mode.into(),
            tenant: row.tenant.map(|(_, id)| id),
            scopes: row.scopes,
            prefix: row.prefix,
            created_at: row.created_at,
            key: None,
        }
    }
}
