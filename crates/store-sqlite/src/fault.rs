//! From SQLite's errors to the port's, by what the caller can do about them.

use postrider_store::StoreError;
use rusqlite::ErrorCode;

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

    /// The port's error of a fault before a commit: nothing was written.
    pub(crate) fn into_store_error(self) -> StoreError {
        let code = self.code();
        let error = match self {
            Self::Store(error) => return error,
            Self::Sqlite(error) => error,
        };
        match code {
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
