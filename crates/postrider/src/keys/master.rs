//! The master key: given, or generated into the data directory (DESIGN 4.1).

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use postrider_store::{Store, StoreError};
use postrider_vault::{Keyring, MasterKey, MasterKeyError};
use zeroize::Zeroizing;

use crate::config::Secret;

const FILE: &str = "master.key";
/// A secret sealed at the first start: whoever opens it has the right master key.
const FACT: &str = "master_key_proof";
const PROOF: &[u8] = b"postrider";
const PROOF_CONTEXT: &[u8] = b"master_key_proof";

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
        None => from_file(&data_dir.join(FILE), store.fact(FACT).await?.is_none())?,
    };
    prove(&ring, store).await?;
    Ok(ring)
}

fn in_place(place: &str, source: MasterKeyError) -> KeyError {
    KeyError::Key { place: place.to_owned(), source }
}

async fn prove(ring: &Keyring, store: &dyn Store) -> Result<(), KeyError> {
    let sealed = ring.seal(PROOF, PROOF_CONTEXT).map_err(|source| in_place("master_key", source))?;
    let kept = store.set_fact_once(FACT, &sealed).await?;
    match ring.open(&kept, PROOF_CONTEXT) {
        Ok(opened) if opened.as_slice() == PROOF => Ok(()),
        _ => Err(KeyError::Other),
    }
}

/// Reads the file, or makes it for a store that is new.
fn from_file(path: &Path, is_new: bool) -> Result<Keyring, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let place = path.display().to_string();
    match OpenOptions::new().read(true).open(path) {
        Ok(mut file) => {
            if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
                return Err(KeyError::Exposed(path.to_owned()));
            }
            let mut text = Zeroizing::new(String::new());
            file.read_to_string(&mut text).map_err(failed)?;
            Keyring::from_base64(&text).map_err(|source| in_place(&place, source))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_new => {
            let key = MasterKey::generate().map_err(|source| in_place(&place, source))?;
            write_new(path, &key.to_base64()).map_err(failed)?;
            Keyring::new(&key).map_err(|source| in_place(&place, source))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(KeyError::Other),
        Err(error) => Err(failed(error)),
    }
}

/// Written whole, on disk, under its name only when it is complete: a key lost in a crash cannot be made again.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let partial = path.with_extension("key.partial");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&partial, path)?;
    std::fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
