//! From SQLite's errors to the port's, by what the caller can do about them.

use postrider_store::StoreError;
use rusqlite::{ErrorCode, ffi};

/// What goes wrong inside this crate: SQLite's own error, or one of the port that is passed through.
#[derive(Debug)]
pub(crate) enum Fault {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

/// The result of everything that touches the database.
pub(crate) type Res<T> = Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// A row that is not what it must be.
    pub(crate) fn corrupt(
        table: &'static str,
        column: &'static str,
        key: impl ToString,
        detail: impl ToString,
    ) -> Self {
        Self::Store(StoreError::Corrupt { table, column, key: key.to_string(), detail: detail.to_string() })
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            Self::Store(_) => None,
        }
    }

    /// Whether a sync failed, of a file or of its directory: what the kernel had to write may be given up, and the
    /// next sync would not say so. SQLite syncs outside of commits too: the head of a log that starts over, when a
    /// transaction outgrows the page cache; and in a checkpoint. Another I/O error before a commit leaves nothing
    /// unknown: a frame that was written in part lies beyond the last commit, where the next transaction writes.
    fn sync_failed(&self) -> bool {
        matches!(
            self,
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _))
                if [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC].contains(&error.extended_code)
        )
    }

    /// The port's error of a fault before a commit: nothing was written, unless a sync failed (DESIGN 2.1).
    pub(crate) fn into_store_error(self) -> StoreError {
        let (code, sync_failed) = (self.code(), self.sync_failed());
        let error = match self {
            Self::Store(error) => return error,
            Self::Sqlite(error) => error,
        };
        match code {
            _ if sync_failed => StoreError::Fatal(error.to_string()),
            Some(ErrorCode::DiskFull) => StoreError::Full(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => file_corrupt(&error),
            Some(_) => StoreError::Unavailable(error.to_string()),
            None => wrong_value(&error),
        }
    }

    /// The port's error of a failed COMMIT: only a full disk is known to have written nothing (DESIGN 2.1).
    pub(crate) fn into_commit_error(self) -> StoreError {
        match (self.code(), self) {
            (Some(ErrorCode::DiskFull), Self::Sqlite(error)) => StoreError::Full(error.to_string()),
            (_, fault) => match fault {
                Self::Sqlite(error) => StoreError::Fatal(error.to_string()),
                Self::Store(error) => StoreError::Fatal(error.to_string()),
            },
        }
    }
}

fn file_corrupt(error: &rusqlite::Error) -> StoreError {
    StoreError::Corrupt { table: "database", column: "file", key: "-".to_owned(), detail: error.to_string() }
}

/// A column of another type than the schema's, or text that is not UTF-8.
fn wrong_value(error: &rusqlite::Error) -> StoreError {
    let key = match error {
        rusqlite::Error::InvalidColumnType(_, name, _) => name.clone(),
        _ => "-".to_owned(),
    };
    StoreError::Corrupt { table: "database", column: "value", key, detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(extended_code: i32) -> Fault {
        Fault::Sqlite(rusqlite::Error::SqliteFailure(ffi::Error::new(extended_code), None))
    }

    #[test]
    fn a_failed_sync_is_fatal_wherever_it_surfaces() {
        for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC] {
            assert!(matches!(failure(code).into_store_error(), StoreError::Fatal(_)), "{code}");
            assert!(matches!(failure(code).into_commit_error(), StoreError::Fatal(_)), "{code}");
        }
    }

    #[test]
    fn a_failed_write_leaves_only_the_end_of_a_commit_unknown() {
        for code in [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR] {
            assert!(matches!(failure(code).into_store_error(), StoreError::Unavailable(_)), "{code}");
            assert!(matches!(failure(code).into_commit_error(), StoreError::Fatal(_)), "{code}");
        }
        assert!(matches!(failure(ffi::SQLITE_FULL).into_store_error(), StoreError::Full(_)));
        assert!(matches!(failure(ffi::SQLITE_FULL).into_commit_error(), StoreError::Full(_)));
    }
}
