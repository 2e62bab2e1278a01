//! API keys: made and revoked by the root key.

mod create;
mod list;
mod revoke;
mod secret_text;

use postrider_model::id::{IdForm, KeyId};

pub use create::{CreateKey, CreatedKey};
pub use list::ListKeys;
pub use revoke::RevokeKey;

/// A key's public id.
pub fn show_id(id: KeyId) -> String {
    form().show(id.0)
}

/// Reads a key's public id; an ill-formed one is nobody's.
pub fn read_id(text: &str) -> Option<KeyId> {
    form().read(text).map(KeyId)
}

fn form() -> IdForm {
    IdForm::prefix("key_")
}
