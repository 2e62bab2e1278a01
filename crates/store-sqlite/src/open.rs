//! Opening: the lock, the connections with their settings, the checks that stop a start.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::options::{OpenError, Options};
use crate::schema;

/// Files up to this size are checked at start: their pages, not what their indexes hold. It takes about a second per GiB.
const CHECKED_BYTES: i64 = 64 << 20;
/// A reader's page cache, in KiB.
const READER_CACHE_KIB: i64 = 2 << 10;
/// The write-ahead log is cut back to this when it starts over, in bytes.
const WAL_KEPT_BYTES: i64 = 64 << 20;

/// The database file of the options.
pub(crate) fn database_path(options: &Options) -> PathBuf {
    options.data_dir.join("postrider.db")
}

/// The write-ahead log in a data directory.
pub(crate) fn wal_path(dir: &Path) -> PathBuf {
    dir.join("postrider.db-wal")
}

/// Takes the data directory for this process until the file is dropped. The kernel gives it back when the process
/// ends, however it ends.
pub(crate) fn lock(dir: &Path) -> Result<File, OpenError> {
    std::fs::create_dir_all(dir).map_err(|source| OpenError::Io { path: dir.to_owned(), source })?;
    let path = dir.join("postrider.lock");
    let file = private(&path).map_err(|source| OpenError::Io { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse(dir.to_owned())),
        Err(std::fs::TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
    }
}

/// Opens a file, made if it is not there, that only its owner may read (DESIGN 4.1: files 0600).
fn private(path: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path)
}

/// Opens the writing connection: checks the file, migrates it, sets what a writer needs.
pub(crate) fn writer(options: &Options) -> Result<Connection, OpenError> {
    let path = database_path(options);
    if options.vfs.is_none() {
        // Made before SQLite would make it: the write-ahead log and its index get the mode of the database.
        private(&path).map_err(|source| OpenError::Io { path: path.clone(), source })?;
    }
    let failed = |error: rusqlite::Error| explain(&path, &error);
    let conn = connect(options, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
        .map_err(failed)?;
    if !schema::is_ours(&conn).map_err(failed)? {
        return Err(OpenError::Foreign(path));
    }
    let (found, known) = (schema::version(&conn).map_err(failed)?, schema::known_version());
    if found > known {
        return Err(OpenError::Newer { path, found, known });
    }
    configure(&conn, options).map_err(failed)?;
    if found > 0 && bytes(&conn).map_err(failed)? <= CHECKED_BYTES {
        check(&conn, &path)?;
    }
    schema::migrate(&conn).map_err(failed)?;
    sync(&conn).map_err(failed)?;
    Ok(conn)
}

/// What the database takes, in bytes.
fn bytes(conn: &Connection) -> rusqlite::Result<i64> {
    let number = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok(number("page_count")? * number("page_size")?)
}

/// Makes durable what the log holds. A process that was killed before its fsync leaves commits that can be read and
/// are in the kernel's memory only: nothing may be answered from them before they are on disk (DESIGN 2.1).
fn sync(conn: &Connection) -> rusqlite::Result<()> {
    match conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        // The log itself is synced first: only its copy found no room.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => Ok(()),
        outcome => outcome,
    }
}

/// Opens a reading connection of a store whose writer is open.
pub(crate) fn reader(options: &Options) -> rusqlite::Result<Connection> {
    let conn = connect(options, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

fn connect(options: &Options, mode: OpenFlags) -> rusqlite::Result<Connection> {
    let path = database_path(options);
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = match &options.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(&path, flags, vfs.as_str())?,
        None => Connection::open_with_flags(&path, flags)?,
    };
    if options.vfs.is_some() {
        // Before anything is read: the one connection keeps the index of its log in its own memory, so the VFS needs
        // no shared memory.
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    conn.set_prepared_statement_cache_capacity(256);
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.pragma_update(None, "foreign_keys", false)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "mmap_size", 0)?;
    Ok(conn)
}

fn configure(conn: &Connection, options: &Options) -> rusqlite::Result<()> {
    // Larger pages save nothing on the hot path (measured) and cost small commits more.
    conn.pragma_update(None, "page_size", 4096)?;
    write_ahead(conn)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "journal_size_limit", WAL_KEPT_BYTES)?;
    conn.pragma_update(None, "cache_size", -i64::from(options.writer_cache_kib))
}

/// Sets the journal mode. The mode is told before the change is on disk: only who asks on learns of its failure, after
/// which SQLite would write a rollback journal, whose deletion a power loss may undo together with the commit.
fn write_ahead(conn: &Connection) -> rusqlite::Result<()> {
    let mut statement = conn.prepare("PRAGMA journal_mode = WAL")?;
    let mut rows = statement.query([])?;
    let mut mode = String::new();
    while let Some(row) = rows.next()? {
        mode = row.get(0)?;
    }
    if mode == "wal" {
        return Ok(());
    }
    let reason = Some(format!("the journal mode stays {mode}"));
    Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CANTOPEN), reason))
}

fn check(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let found: String = conn
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| explain(path, &error))?;
    if found == "ok" { Ok(()) } else { Err(OpenError::Corrupt { path: path.to_owned(), detail: found }) }
}

/// Reads the whole file: every page, that every index has what its table has, every constraint. For a store that
/// nobody has open.
pub(crate) fn check_whole(options: &Options) -> Result<(), OpenError> {
    let path = database_path(options);
    let found = reader(options).and_then(|conn| {
        let mut lines = conn.prepare("PRAGMA integrity_check(10)")?;
        lines.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
    });
    let found = found.map_err(|error| explain(&path, &error))?;
    if found == ["ok"] { Ok(()) } else { Err(OpenError::Corrupt { path, detail: found.join("; ") }) }
}

pub(crate) fn explain(path: &Path, error: &rusqlite::Error) -> OpenError {
    let (path, detail) = (path.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => OpenError::Corrupt { path, detail },
        _ => OpenError::Sqlite { path, detail },
    }
}
