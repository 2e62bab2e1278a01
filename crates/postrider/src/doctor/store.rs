//! The store and the master key. It is opened only where that changes nothing in it.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use postrider_model::id::IdSalt;
use postrider_store::Upkeep as _;
use postrider_store_sqlite::{Options, SqliteStore};
use postrider_vault::Keyring;

use super::directory::mebibytes;
use super::report::Finding;
use crate::config::Config;
use crate::keys::{KeyFile, fits};

const CHECK: &str = "store";
const KEY: &str = "master key";
/// A write-ahead log that is larger than this was not brought into the database for a while.
const LARGE_LOG_BYTES: u64 = 256 << 20;
/// What a database of ours says in its head ("Post").
const APPLICATION_ID: u32 = 0x506f_7374;

/// What the head of the database file says.
struct Head {
    application: u32,
    version: u32,
}

/// Looks at the database, its log and the key that opens its secrets.
pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let path = config.data_dir.join("postrider.db");
    let ring = ring(config);
    let Ok(found) = std::fs::metadata(&path) else {
        return vec![
            Finding::ok(CHECK, "there is none yet; the first start makes it"),
            key_at_rest(config, ring),
        ];
    };
    let size = mebibytes(found.len());
    let mut findings = log(&config.data_dir);
    if in_use(&config.data_dir) {
        findings.insert(0, Finding::ok(CHECK, format_args!("in use by a running server, {size}")));
        findings.push(key_at_rest(config, ring));
        findings.extend(half_rotated(config));
        return findings;
    }
    let (store, key) = match stopped(config, &path, found.uid()).await {
        Ok(store) => open(&store, &size, config, ring).await,
        Err(finding) => (finding, key_at_rest(config, ring)),
    };
    findings.insert(0, store);
    findings.push(key);
    findings.extend(half_rotated(config));
    findings
}

/// Opens the store of a server that is stopped, or says why it is better not opened.
async fn stopped(config: &Config, path: &Path, owner: u32) -> Result<std::sync::Arc<SqliteStore>, Finding> {
    if rustix::process::geteuid().as_raw() != owner {
        let told = "not opened: it belongs to another user";
        return Err(Finding::warn(CHECK, told, "run this as the user of the server"));
    }
    if std::fs::metadata(config.data_dir.join("postrider.db-wal")).is_ok_and(|log| log.len() > 0) {
        return Err(Finding::ok(
            CHECK,
            "not opened: the last end was not in order; the next start recovers it",
        ));
    }
    let head = head(path).map_err(|error| {
        Finding::fail(CHECK, format_args!("{}: {error}", path.display()), "restore a backup")
    })?;
    let known = known_version().await?;
    if head.application != APPLICATION_ID {
        let told = format_args!("{} is not a Postrider store", path.display());
        return Err(Finding::fail(CHECK, told, "give another --data-dir, or move the file away"));
    }
    if head.version < known {
        let told = format_args!("schema version {}, this program's is {known}: not opened", head.version);
        return Err(Finding::warn(
            CHECK,
            told,
            "the next start migrates it; make a backup first (postrider backup)",
        ));
    }
    // One that is newer, or damaged, is refused before anything is written.
    SqliteStore::open(Options::new(&config.data_dir, IdSalt(0)))
        .map_err(|error| Finding::fail(CHECK, error, "serve does not start with it"))
}

async fn open(
    store: &SqliteStore,
    size: &str,
    config: &Config,
    ring: Result<Option<Keyring>, String>,
) -> (Finding, Finding) {
    let whole = SqliteStore::check_whole(&Options::new(&config.data_dir, IdSalt(0)));
    let told = match (store.facts().await, whole) {
        (Ok(facts), Ok(())) => {
            let version = facts.schema_version;
            Finding::ok(CHECK, format_args!("opens, schema version {version}, {size}, every page in order"))
        }
        (_, Err(error)) => Finding::fail(CHECK, error, "restore the latest backup"),
        (Err(error), _) => Finding::fail(CHECK, error, "restore the latest backup"),
    };
    let key = match &ring {
        Ok(Some(ring)) => match fits(ring, store).await {
            Ok(Some(false)) => Finding::fail(
                KEY,
                "does not open the store's secrets",
                "put back the key that belongs to this data directory",
            ),
            Ok(_) => Finding::ok(KEY, format_args!("{} opens the store's secrets", place(config))),
            Err(error) => Finding::fail(KEY, error, "restore the latest backup"),
        },
        _ => key_at_rest(config, ring),
    };
    // Nothing was written that closing could fail to keep.
    let _ = store.close().await;
    (told, key)
}

/// What can be said of the key alone.
fn key_at_rest(config: &Config, ring: Result<Option<Keyring>, String>) -> Finding {
    match ring {
        Ok(Some(_)) => Finding::ok(KEY, format_args!("{} can be read", place(config))),
        Ok(None) if config.data_dir.join("postrider.db").exists() => Finding::fail(
            KEY,
            format_args!("{} is not there", place(config)),
            "put back the key that belongs to this data directory, or set POSTRIDER_MASTER_KEY to it",
        ),
        Ok(None) => Finding::ok(KEY, "there is none yet; the first start makes it"),
        Err(error) => Finding::fail(KEY, error, "serve does not start with it"),
    }
}

fn ring(config: &Config) -> Result<Option<Keyring>, String> {
    if let Some(given) = &config.master_key {
        return Keyring::from_base64(given.expose()).map(Some).map_err(|error| error.to_string());
    }
    let text = KeyFile::of(&config.data_dir).read().map_err(|error| error.to_string())?;
    text.map(|text| Keyring::from_base64(&text)).transpose().map_err(|error| error.to_string())
}

/// A file with two keys is one whose rotation was interrupted.
fn half_rotated(config: &Config) -> Option<Finding> {
    if config.master_key.is_some() {
        return None;
    }
    let text = KeyFile::of(&config.data_dir).read().ok()??;
    (text.split_whitespace().count() > 1).then(|| {
        Finding::warn(KEY, "holds two keys: a rotation was interrupted", "postrider keys rotate finishes it")
    })
}

fn place(config: &Config) -> String {
    match config.master_key {
        Some(_) => "the key that is given".to_owned(),
        None => KeyFile::of(&config.data_dir).path().display().to_string(),
    }
}

fn log(data_dir: &Path) -> Vec<Finding> {
    const CHECK: &str = "write-ahead log";
    let Ok(log) = std::fs::metadata(data_dir.join("postrider.db-wal")) else { return Vec::new() };
    let size = mebibytes(log.len());
    vec![if log.len() > LARGE_LOG_BYTES {
        Finding::warn(
            CHECK,
            size,
            "it is not brought into the database fast enough: look at the disk's speed",
        )
    } else {
        Finding::ok(CHECK, size)
    }]
}

/// Whether a process holds the directory. The lock is let go of at once.
fn in_use(data_dir: &Path) -> bool {
    let lock = File::open(data_dir.join("postrider.lock"));
    lock.is_ok_and(|file| matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
}

/// The head of a database that nobody has open and whose log is empty.
fn head(path: &Path) -> std::io::Result<Head> {
    // https://www.sqlite.org/fileformat.html#the_database_header
    let mut bytes = [0; 100];
    File::open(path)?.read_exact(&mut bytes)?;
    let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    Ok(Head { application: number(68), version: number(60) })
}

/// The schema version of this program: that of a store it makes.
async fn known_version() -> Result<u32, Finding> {
    let failed = |error: String| Finding::warn(CHECK, format_args!("not opened: {error}"), "look at TMPDIR");
    let new = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let store = SqliteStore::open_inline(Options::new(new.path(), IdSalt(0)));
    let store = store.map_err(|error| failed(error.to_string()))?;
    let facts = store.facts().await.map_err(|error| failed(error.to_string()))?;
    store.close().await.map_err(|error| failed(error.to_string()))?;
    Ok(facts.schema_version)
}
