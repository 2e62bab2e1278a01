//! The root key: given, or generated at the first start.

use postrider_engine::ports::Rng;
use postrider_service::authenticate::{KeyHash, hash_key};
use postrider_store::{Store, StoreError};

use super::random_key;
use crate::config::Secret;

/// The fact under which the hash of a generated root key is kept.
const FACT: &str = "root_key_sha256";

/// The root key in force.
pub(crate) struct RootKey {
    /// Its hash.
    pub(crate) hash: KeyHash,
    /// The key itself, if it was made just now: to be shown once.
    pub(crate) made: Option<String>,
}

/// The given key, or the one generated earlier, or a new one.
///
/// # Errors
/// Of the store.
pub(crate) async fn root_key(
    given: Option<&Secret>,
    store: &dyn Store,
    rng: &dyn Rng,
) -> Result<RootKey, StoreError> {
    if let Some(key) = given {
        return Ok(RootKey { hash: hash_key(key.expose()), made: None });
    }
    let made = random_key("rk_", rng);
    let hash = hash_key(&made);
    let kept = store.set_fact_once(FACT, &hash).await?;
    let made = (kept == hash).then_some(made);
    let hash = kept.as_slice().try_into().map_err(|_| StoreError::Corrupt {
        table: "fact",
        column: "value",
        key: FACT.to_owned(),
        detail: format!("a SHA-256 has 32 bytes, not {}", kept.len()),
    })?;
    Ok(RootKey { hash, made })
}
