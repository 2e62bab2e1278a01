//! Secrets at rest (DESIGN 7): sealed with an AEAD under keys that can be changed, and API keys kept as hashes.

mod api_key;
mod keyring;
mod master_key;

pub use api_key::{hash_key, is_same_hash};
pub use keyring::{Keyring, OpenError};
pub use master_key::{KEY_BYTES, KeyId, MasterKey, MasterKeyError};
