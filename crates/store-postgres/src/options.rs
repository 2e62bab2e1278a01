//! What a store is opened with, and why it may not open.

use std::time::Duration;

use postrider_model::id::IdSalt;

/// What a store is opened with.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port,host:port/database?…`, with the parameters that libpq knows: several hosts and
    /// `target_session_attrs=read-write` follow a failover; `sslmode` is `disable`, `prefer`, `require` (encrypted, the
    /// server not verified), or `verify-full` with the system's roots or those of the file `sslrootcert`.
    pub url: String,
    /// A transaction pooler such as `PgBouncer` stands before the server: no prepared statements, nothing that belongs to
    /// a session, no LISTEN.
    pub pooler: bool,
    /// Connections at most for requests and standing work, beside four for what the node lives by and one or two for
    /// the doorbell.
    pub connections: usize,
    /// The id salt of an installation that is new; an existing one keeps its own.
    pub salt_if_new: IdSalt,
    /// How long a connection may take to come about, for each host of the URL that gives no `connect_timeout`.
    pub connect_timeout: Duration,
    /// How long a call waits for a free connection.
    pub pool_wait: Duration,
    /// How long a request of the API waits for an answer of the server; commits and standing work wait until the
    /// connection ends.
    pub answer_within: Duration,
    /// How long an opening waits for what is in the way of a migration: another node that makes it, or sessions that use
    /// the tables.
    pub migrate_within: Duration,
}

impl PostgresOptions {
    /// The options of a server.
    pub fn new(url: impl Into<String>, salt_if_new: IdSalt) -> Self {
        Self {
            url: url.into(),
            pooler: false,
            connections: 16,
            salt_if_new,
            connect_timeout: Duration::from_secs(5),
            pool_wait: Duration::from_secs(5),
            answer_within: Duration::from_secs(10),
            migrate_within: Duration::from_secs(300),
        }
    }
}

impl std::fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL has a password in it.
        f.debug_struct("PostgresOptions")
            .field("pooler", &self.pooler)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// Why a store did not open. The messages say what to do, and never show the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL cannot be read.
    #[error("the database URL cannot be used: {0}")]
    BadUrl(String),
    /// TLS cannot be set up.
    #[error("TLS to the database cannot be set up: {0}")]
    Tls(String),
    /// No server of the URL can be reached, or none that takes writes.
    #[error("cannot connect to the database: {0}; check that the server runs and that the URL is right")]
    Unreachable(String),
    /// The server refuses the user, the password or the database.
    #[error("the database server refuses the connection: {0}")]
    Refused(String),
    /// The server is too old.
    #[error("the database server is PostgreSQL {found}; Postrider needs 15 or newer")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// The database keeps text in another encoding.
    #[error("the database's encoding is {0}; create it with ENCODING 'UTF8'")]
    Encoding(String),
    /// The server answers a commit before it is on disk.
    #[error(
        "the server's synchronous_commit is off: what was accepted could be lost; set it to on for this user or database"
    )]
    NotDurable,
    /// An installation is being copied into the database.
    #[error(
        "an installation is being copied into this database and not all of it is there: run `postrider migrate-store` again until it says that all is there"
    )]
    HalfCopied,
    /// The schema was written by a newer version that this program cannot work beside.
    #[error(
        "the database has schema version {found}, which programs that know version {oldest} and newer can use; this one knows {known}: start the version of Postrider that the other nodes run"
    )]
    Newer {
        /// Its version.
        found: u32,
        /// Programs that know this version can use it.
        oldest: u32,
        /// What this program knows.
        known: u32,
    },
    /// A migration ends support for programs that are still running.
    #[error(
        "the schema of this version cannot be used by nodes that are still running: {names}; stop them, then start this one again"
    )]
    OlderNodes {
        /// The names of the nodes.
        names: String,
    },
    /// A migration could not be made in the time there was for it.
    #[error(
        "the database's schema could not be changed for {seconds} s: {why}; start again when nothing is in the way"
    )]
    SchemaBusy {
        /// How long it was tried.
        seconds: u64,
        /// What was in the way.
        why: String,
    },
    /// The user lacks a right to the schema, or to make it.
    #[error("the user {user} has no right to Postrider's schema: {said}; {remedy}")]
    Forbidden {
        /// Who.
        user: String,
        /// What the server said.
        said: String,
        /// What gives the right.
        remedy: String,
    },
    /// The server refused for another reason.
    #[error("cannot open the store in the database: {0}")]
    Server(String),
}
