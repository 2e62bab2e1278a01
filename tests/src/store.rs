//! Which store the servers of the tests have: every test runs on both, but for those that are about what only the
//! embedded one has.

use std::sync::Arc;

use postrider_postgres::Database;

/// What the servers of this run keep their data in; `postgres`, or nothing for the embedded store.
const STORE: &str = "POSTRIDER_TEST_STORE";

/// The master key of every server on PostgreSQL, where it must be given. Any 32 bytes.
pub const MASTER_KEY: &str = "cG9zdHJpZGVyJ3MgYmxhY2stYm94IHRlc3RzIDAxMjM=";

/// What only the embedded store has. A test that is about one of these is left out of the run on PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnlyEmbedded {
    /// The data directory is locked, private and one process's; nodes share a database, which no node locks.
    DataDirectory,
    /// The database is a file, which a test can damage or replace; of what may be wrong with PostgreSQL's own files its
    /// server knows. (A schema of another version is tested in `store-postgres`.)
    DatabaseFile,
    /// The master key is made into a file; on PostgreSQL it must be given, and a test of that is in `postgres.rs`.
    KeyFile,
    /// The disk that runs full is this machine's; PostgreSQL's is its server's.
    Disk,
    /// `postrider backup` copies the file; PostgreSQL has means of its own, which the command names (`postgres.rs`).
    Backup,
    /// `postrider doctor` looks at directory and file; what it looks at in a database is tested in `postgres.rs`.
    Doctor,
    /// One node does everything; roles are for nodes that share a database.
    Roles,
}

/// Whether the servers of this run are on PostgreSQL.
#[must_use]
pub fn on_postgres() -> bool {
    std::env::var(STORE).is_ok_and(|store| store == "postgres")
}

/// Whether the test that calls it has nothing to do in this run; says so.
#[must_use]
#[expect(clippy::print_stdout, reason = "whoever runs the tests must see what was left out")]
pub fn left_out(only: OnlyEmbedded) -> bool {
    if on_postgres() {
        println!("left out on PostgreSQL: {only:?}");
    }
    on_postgres()
}

/// An empty database for a server of this run; `None` where the store is the embedded one.
///
/// # Panics
/// When there must be one and there is no server for it.
pub(crate) fn database() -> Option<Arc<Database>> {
    let needed = on_postgres();
    needed.then(|| Arc::new(Database::new().expect("run by scripts/with-postgres")))
}
