//! The master key: given, or generated into the data directory (DESIGN 4.1).

use std::path::{Path, PathBuf};

use postrider_store::{Store, StoreError};
use postrider_vault::{Keyring, MasterKey, MasterKeyError};

use super::file::{FILE, KeyFile};
use crate::config::Secret;

/// A secret sealed at the first start: whoever opens it has the right master key.
pub(super) const FACT: &str = "master_key_proof";
pub(super) const PROOF: &[u8] = b"postrider";
pub(super) const PROOF_CONTEXT: &[u8] = b"master_key_proof";

/// Why there is no master key to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The key cannot be read.
    #[error("{place}: {source}")]
    Key {
        /// Where it was found.
        place: String,
        /// What is wrong with it.
        source: MasterKeyError,
    },
    /// The file cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Other users of the machine can read the file.
    #[error("{} can be read by other users: chmod 600 it, and think about a new key", .0.display())]
    Exposed(PathBuf),
    /// The store's secrets were sealed with another key.
    #[error(
        "this master key does not open the store's secrets; put back the {FILE} that belongs to this data directory, or set POSTRIDER_MASTER_KEY to the key it was made with"
    )]
    Other,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether the ring opens what the store's first start sealed; `None` for a store that has not sealed anything yet.
/// Changes nothing.
///
/// # Errors
/// [`KeyError::Store`].
pub(crate) async fn fits(ring: &Keyring, store: &dyn Store) -> Result<Option<bool>, KeyError> {
    let kept = store.fact(FACT).await?;
    Ok(kept.map(|kept| opens_proof(ring, &kept)))
}

/// Whether the ring opens what a store's first start sealed.
pub(crate) fn opens_proof(ring: &Keyring, kept: &[u8]) -> bool {
    ring.open(kept, PROOF_CONTEXT).is_ok_and(|opened| opened.as_slice() == PROOF)
}

/// The keys that secrets are sealed with, proved to be those of this store.
///
/// # Errors
/// [`KeyError`].
pub(crate) async fn open_keyring(
    given: Option<&Secret>,
    data_dir: &Path,
    store: &dyn Store,
) -> Result<Keyring, KeyError> {
    let ring = match given {
        Some(text) => Keyring::from_base64(text.expose()).map_err(|source| in_place("master_key", source))?,
        None => from_file(&KeyFile::of(data_dir), store.fact(FACT).await?.is_none())?,
    };
    prove(&ring, store).await?;
    Ok(ring)
}

pub(super) fn in_place(place: &str, source: MasterKeyError) -> KeyError {
    KeyError::Key { place: place.to_owned(), source }
}

pub(super) async fn prove(ring: &Keyring, store: &dyn Store) -> Result<(), KeyError> {
    let sealed = ring.seal(PROOF, PROOF_CONTEXT).map_err(|source| in_place("master_key", source))?;
    let kept = store.set_fact_once(FACT, &sealed).await?;
    match ring.open(&kept, PROOF_CONTEXT) {
        Ok(opened) if opened.as_slice() == PROOF => Ok(()),
        _ => Err(KeyError::Other),
    }
}

/// Reads the file, or makes it for a store that is new.
fn from_file(file: &KeyFile, is_new: bool) -> Result<Keyring, KeyError> {
    let wrong = |source| in_place(&file.path().display().to_string(), source);
    match file.read()? {
        Some(text) => Keyring::from_base64(&text).map_err(wrong),
        None if is_new => {
            let key = MasterKey::generate().map_err(wrong)?;
            file.write(&key.to_base64())?;
            Keyring::new(&key).map_err(wrong)
        }
        None => Err(KeyError::Other),
    }
}
