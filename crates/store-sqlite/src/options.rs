//! What a store is opened with, and why it may not open.

use std::path::PathBuf;

use postrider_model::id::IdSalt;

/// What a store is opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of `postrider.db` and the lock file; made if it is missing.
    pub data_dir: PathBuf,
    /// The id salt of an installation that is new; an existing one keeps its own.
    pub salt_if_new: IdSalt,
    /// A SQLite VFS registered under this name (simulation); the directory and the lock are then left alone.
    pub vfs: Option<String>,
    /// Above this size of the database the oldest events end first.
    pub max_store_bytes: Option<u64>,
    /// Reading threads at most; each starts when it is first needed.
    pub readers: usize,
    /// The writer's page cache, in KiB; it grows only as it is used. Pages of a transaction that find no room go to
    /// the log before the commit.
    pub writer_cache_kib: u32,
    /// Pages in the log from which the writer checkpoints between two commits: by default so few that copying them
    /// holds nobody up for long.
    pub checkpoint_pages: u16,
    /// Deliveries of one run of the list indexes. The tail that lists scan by id is at most this long and a little
    /// more.
    pub list_run_rows: usize,
    /// Idempotency keys kept in memory at most, about 100 bytes each. They go to their table behind the hot path; where
    /// that falls behind, the key of a new event is written to the table in the event's own commit. That is slower, so
    /// accepting slows down with the disk, and no key is ever forgotten for want of room.
    pub recent_keys: usize,
}

impl Options {
    /// The options of a server with its data in `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>, salt_if_new: IdSalt) -> Self {
        Self {
            data_dir: data_dir.into(),
            salt_if_new,
            vfs: None,
            max_store_bytes: None,
            readers: 3,
            writer_cache_kib: 16 << 10,
            checkpoint_pages: 1_000,
            list_run_rows: 32_768,
            recent_keys: 200_000,
        }
    }
}

/// Why a store did not open. The messages say what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the directory.
    #[error("the data directory {} is in use by another process; stop it, or give another --data-dir", .0.display())]
    InUse(PathBuf),
    /// The directory or a file in it cannot be used.
    #[error("cannot use {}: {source}; check that it exists and that this user may write to it", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is a database of something else.
    #[error("{} is not a Postrider store; give another --data-dir, or move the file away", .0.display())]
    Foreign(PathBuf),
    /// The file was written by a newer version.
    #[error("{} has schema version {found}, this program knows up to {known}; start the newer version again, or restore a backup made by this one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// What this program knows.
        known: u32,
    },
    /// The file is damaged.
    #[error("{} is damaged ({detail}); keep a copy of it and restore the latest backup (`postrider backup` makes them)", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// The installation lives in a database now.
    #[error(
        "what was in {} moved to {to}: start nodes with --database-url there. If it must come back here, stop them and take the move back with `postrider migrate-store --from {} --undo`; what they did since is then lost here", dir.display(), dir.display()
    )]
    Moved {
        /// The directory.
        dir: PathBuf,
        /// Where it moved to.
        to: String,
    },
    /// SQLite refused for another reason.
    #[error("cannot open {}: {detail}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
}
