//! The control socket in the data directory: how commands of the same user reach the running server.
//!
//! One request and one answer for each connection, each a line of JSON. The file's permissions are the only key.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use postrider_store::Store;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use super::door::closing;

/// A request is a path and little else.
const MAX_REQUEST_BYTES: u64 = 64 * 1024;

/// What may be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// A copy of the store at this absolute path.
    Backup(PathBuf),
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// The copy is there and has so many bytes.
    Copied(u64),
    /// It was not done, and why.
    Refused(String),
}

/// Where the socket of a data directory is.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

/// Listens; the caller holds the lock of the directory, so what is left of an earlier socket is nobody's.
///
/// # Errors
/// When the socket cannot be made; its path must be shorter than about 100 bytes.
pub(crate) fn bind(data_dir: &Path) -> io::Result<UnixListener> {
    let path = path(data_dir);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers until the server stops, and takes the socket away.
pub(crate) async fn answer(listener: UnixListener, store: Arc<dyn Store>, stop: watch::Receiver<bool>) {
    let address = listener.local_addr();
    take(listener, store, stop).await;
    if let Some(path) = address.ok().and_then(|address| address.as_pathname().map(Path::to_owned)) {
        // What is left of it means nothing to the next start.
        let _ = std::fs::remove_file(path);
    }
}

/// One request at a time: two backups at once would only slow each other.
async fn take(listener: UnixListener, store: Arc<dyn Store>, mut stop: watch::Receiver<bool>) {
    loop {
        let arrived = tokio::select! {
            biased;
            () = closing(&mut stop) => return,
            arrived = listener.accept() => arrived,
        };
        let Ok((stream, _)) = arrived else { continue };
        tokio::select! {
            biased;
            () = closing(&mut stop) => return,
            outcome = talk(stream, &*store) => {
                if let Err(error) = outcome {
                    tracing::debug!(%error, "a command on the control socket went away");
                }
            }
        }
    }
}

async fn talk(mut stream: UnixStream, store: &dyn Store) -> io::Result<()> {
    let mut line = String::new();
    BufReader::new((&mut stream).take(MAX_REQUEST_BYTES)).read_line(&mut line).await?;
    let answer = match serde_json::from_str(&line) {
        Ok(Request::Backup(target)) => backup(store, &target).await,
        Err(error) => Answer::Refused(format!("not a request of this version: {error}")),
    };
    stream.write_all(&[serde_json::to_vec(&answer)?.as_slice(), b"\n"].concat()).await
}

async fn backup(store: &dyn Store, target: &Path) -> Answer {
    match store.backup(target).await {
        Ok(bytes) => {
            tracing::info!(path = %target.display(), bytes, "backed up");
            Answer::Copied(bytes)
        }
        Err(error) => Answer::Refused(error.to_string()),
    }
}

/// Asks the server of a data directory; `None` where none is running.
///
/// # Errors
/// When it goes away before it answers.
pub(crate) async fn ask(data_dir: &Path, request: &Request) -> io::Result<Option<Answer>> {
    let Ok(mut stream) = UnixStream::connect(path(data_dir)).await else { return Ok(None) };
    stream.write_all(&[serde_json::to_vec(request)?.as_slice(), b"\n"].concat()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    if text.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(serde_json::from_str(&text)?))
}
