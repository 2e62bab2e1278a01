//! `master.key` in the data directory: one key, or the newest first while they are rotated.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::master::KeyError;

/// Its name.
pub(crate) const FILE: &str = "master.key";

/// The file of a data directory.
#[derive(Debug)]
pub(crate) struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// Of this directory.
    pub(crate) fn of(data_dir: &Path) -> Self {
        Self { path: data_dir.join(FILE) }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its text; `None` where it is not there.
    ///
    /// # Errors
    /// [`KeyError::Exposed`] where others may read it, [`KeyError::File`].
    pub(crate) fn read(&self) -> Result<Option<Zeroizing<String>>, KeyError> {
        let mut file = match OpenOptions::new().read(true).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(self.failed(source)),
        };
        if file.metadata().map_err(|source| self.failed(source))?.permissions().mode() & 0o077 != 0 {
            return Err(KeyError::Exposed(self.path.clone()));
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(|source| self.failed(source))?;
        Ok(Some(text))
    }

    /// Writes it anew: whole, on disk, and under its name only when it is complete. A key lost in a crash cannot be
    /// made again.
    ///
    /// # Errors
    /// [`KeyError::File`]; what was there before is then still there.
    pub(crate) fn write(&self, text: &str) -> Result<(), KeyError> {
        self.replace(text).map_err(|source| self.failed(source))
    }

    fn replace(&self, text: &str) -> std::io::Result<()> {
        let partial = self.path.with_extension("key.partial");
        // One that a crash left may have any mode.
        match std::fs::remove_file(&partial) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        write_new(&partial, text)?;
        std::fs::rename(&partial, &self.path)?;
        sync_parent(&self.path)
    }

    fn failed(&self, source: std::io::Error) -> KeyError {
        KeyError::File { path: self.path.clone(), source }
    }
}

/// Writes a file that is not there yet and that its owner alone may read; on disk when it returns.
///
/// # Errors
/// When it is there, or cannot be written.
pub(crate) fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    sync_parent(path)
}

fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    std::fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
