//! From PostgreSQL's errors to the port's, by what the caller can do about them.

use deadpool_postgres::PoolError;
use postrider_store::StoreError;
use tokio_postgres::error::SqlState;

use crate::options::OpenError;

/// What goes wrong inside this crate: PostgreSQL's own error, or one of the port that is passed through.
#[derive(Debug)]
pub(crate) enum Fault {
    Postgres(tokio_postgres::Error),
    Store(StoreError),
}

/// The result of everything that touches the database.
pub(crate) type Res<T> = Result<T, Fault>;

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PoolError> for Fault {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Postgres(error),
            PoolError::Closed => Self::closed(),
            other => Self::unavailable(other),
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        fault.into_store_error()
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

    /// Nothing was written; trying again later is safe.
    pub(crate) fn unavailable(why: impl ToString) -> Self {
        Self::Store(StoreError::Unavailable(why.to_string()))
    }

    /// The store was closed by its owner.
    pub(crate) fn closed() -> Self {
        Self::unavailable("the store is closed")
    }

    /// What the server said, where it said something.
    pub(crate) fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Postgres(error) => error.code(),
            Self::Store(_) => None,
        }
    }

    /// Whether it broke a unique index: the thing exists already.
    pub(crate) fn is_duplicate(&self) -> bool {
        self.code() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    /// Whether a lock was not got in the time that was given for it.
    pub(crate) fn is_lock_timeout(&self) -> bool {
        self.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
    }

    /// Whether the connection went away under a statement, so that its outcome is not known.
    pub(crate) fn lost_connection(&self) -> bool {
        match self {
            Self::Postgres(error) => match error.code() {
                // The server said good-bye before it closed.
                Some(code) => is_gone(code),
                // Not an answer of the server: the connection is closed, or its stream broke.
                None => error.is_closed() || std::error::Error::source(error).is_some_and(is_io),
            },
            Self::Store(_) => false,
        }
    }

    /// The port's error: nothing was written.
    pub(crate) fn into_store_error(self) -> StoreError {
        let error = match self {
            Self::Store(error) => return error,
            Self::Postgres(error) => error,
        };
        match error.code() {
            Some(&SqlState::DISK_FULL) => StoreError::Full(words(&error)),
            Some(&(SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED)) => StoreError::Corrupt {
                table: "database",
                column: "page",
                key: "-".to_owned(),
                detail: words(&error),
            },
            _ => StoreError::Unavailable(words(&error)),
        }
    }
}

/// The server ends the session: restart, failover, an administrator.
fn is_gone(code: &SqlState) -> bool {
    matches!(
        *code,
        SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::DATABASE_DROPPED
            | SqlState::CONNECTION_FAILURE
            | SqlState::CONNECTION_EXCEPTION
            | SqlState::CONNECTION_DOES_NOT_EXIST
            | SqlState::IDLE_SESSION_TIMEOUT
    )
}

fn is_io(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<std::io::Error>()
}

/// An error with what the server said: the error's own text is only its kind.
pub(crate) fn words(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(said), _) => format!("{} ({})", said.message(), said.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// Why a store does not open, of a connection's first error.
pub(crate) fn at_open(fault: Fault) -> OpenError {
    let error = match fault {
        Fault::Store(error) => return OpenError::Unreachable(error.to_string()),
        Fault::Postgres(error) => error,
    };
    match error.code() {
        Some(
            &(SqlState::INVALID_PASSWORD
            | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            | SqlState::INVALID_CATALOG_NAME
            | SqlState::TOO_MANY_CONNECTIONS),
        ) => OpenError::Refused(words(&error)),
        Some(code) if !is_gone(code) => OpenError::Server(words(&error)),
        _ => OpenError::Unreachable(words(&error)),
    }
}
