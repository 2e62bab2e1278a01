//! The schema and its migrations: embedded, forward only, each with the version it leads to, so that one that was
//! interrupted simply runs again. Nodes that start at once wait for each other (DESIGN 4.1).
//!
//! While an installation is upgraded node by node, programs of two versions work on one schema: each migration says
//! which programs can go on with what it makes.

mod patience;
mod step;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use self::patience::Patience;
use self::step::Went;
use crate::conn::{Conn, Tx};
use crate::connect::Connections;
use crate::fault::{Fault, Res, at_open, words};
use crate::options::OpenError;

/// A step of the schema: statements that are one transaction, or one `CREATE INDEX CONCURRENTLY name ON postrider.…`,
/// which is made beside everything else. (It cannot be that of a partitioned table.)
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    pub(crate) sql: &'static str,
    /// Programs that know this version, or a later one, can work with what it makes.
    pub(crate) oldest_reader: i32,
}

/// In order; the version of a schema is how many of them it has.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { sql: include_str!("../migrations/0001_initial.sql"), oldest_reader: 1 },
    Migration { sql: include_str!("../migrations/0002_sessions.sql"), oldest_reader: 1 },
    Migration { sql: include_str!("../migrations/0003_project_stats.sql"), oldest_reader: 1 },
    Migration { sql: include_str!("../migrations/0004_endpoint_enabled.sql"), oldest_reader: 1 },
    Migration { sql: include_str!("../migrations/0005_endpoint_failing.sql"), oldest_reader: 1 },
];

/// What a database says of its schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) number: i32,
    pub(crate) oldest_reader: i32,
}

/// The version that this program writes.
pub(crate) fn known_version() -> u32 {
    known(MIGRATIONS)
}

/// The version that these lead to.
pub(crate) fn known(migrations: &[Migration]) -> u32 {
    u32::try_from(migrations.len()).unwrap_or(u32::MAX)
}

/// Runs the migrations that the database does not have yet; returns its version. What is in the way is waited for, for
/// so long at each step.
pub(crate) async fn migrate(
    first: Conn,
    connections: &Connections,
    migrations: &[Migration],
    within: Duration,
) -> Result<u32, OpenError> {
    let mut conn = first;
    let mut patience = Patience::new(within);
    loop {
        let version = match version(&conn).await {
            Ok(version) => version,
            Err(fault) => return Err(explain(fault, connections).await),
        };
        refuse_newer(version, known(migrations))?;
        let done = usize::try_from(version.number).unwrap_or_default();
        if done >= migrations.len() {
            return Ok(u32::try_from(version.number).unwrap_or_default());
        }
        match step::next(conn, connections, migrations).await {
            Ok(Went::Done) => patience = Patience::new(within),
            Ok(Went::Waits(why)) => patience.wait(why, connections).await?,
            Ok(Went::OlderNodes(names)) => return Err(OpenError::OlderNodes { names: names.join(", ") }),
            Err(fault) => return Err(explain(fault, connections).await),
        }
        conn = connections.get().await.map_err(at_open)?;
    }
}

fn refuse_newer(version: Version, known: u32) -> Result<(), OpenError> {
    if version.oldest_reader <= i32::try_from(known).unwrap_or(i32::MAX) {
        return Ok(());
    }
    let number = |of: i32| u32::try_from(of).unwrap_or_default();
    Err(OpenError::Newer { found: number(version.number), oldest: number(version.oldest_reader), known })
}

/// The version of the database; the first where there is no schema yet.
pub(crate) async fn version(conn: &Conn) -> Res<Version> {
    // Not by to_regclass, which may answer from what this session knew before another one made the table.
    let there = conn
        .query_opt(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'postrider' AND c.relname = 'schema_version'",
            &[],
        )
        .await?;
    if there.is_none() {
        return Ok(Version::default());
    }
    let row = conn.query_opt("SELECT version, oldest_reader FROM postrider.schema_version", &[]).await?;
    let row = row.ok_or_else(|| Fault::corrupt("schema_version", "version", "-", "there is no row"))?;
    Ok(Version { number: row.try_get(0)?, oldest_reader: row.try_get(1)? })
}

/// Within a transaction that a node joins by: whether a program that knows this version can still work here. A migration
/// that ends support for it waits for the transaction, or is waited for.
pub(crate) async fn admits(tx: &Tx, known: u32) -> Res<bool> {
    let row = tx
        .query_opt(
            "SELECT oldest_reader <= $1 FROM postrider.schema_version FOR SHARE",
            &[(&i64::from(known), Type::INT8)],
        )
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(false))
}

/// Why there is no schema to work with: who lacks which right, or else what the server said.
async fn explain(fault: Fault, connections: &Connections) -> OpenError {
    let said = match &fault {
        Fault::Postgres(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => words(error),
        _ => return at_open(fault),
    };
    match remedy(connections).await {
        Ok((user, remedy)) => OpenError::Forbidden { user, said, remedy },
        Err(fault) => at_open(fault),
    }
}

/// Who this is, and what would give it the right.
async fn remedy(connections: &Connections) -> Res<(String, String)> {
    let row = connections
        .get()
        .await?
        .query_one(
            "SELECT current_user::text, quote_ident(current_user), quote_ident(current_database()),
                    (SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'postrider')",
            &[],
        )
        .await?;
    let (user, quoted, database): (String, String, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let remedy = match row.try_get::<_, Option<String>>(3)? {
        None => format!(
            "let it make one with GRANT CREATE ON DATABASE {database} TO {quoted}, or make it with CREATE SCHEMA postrider AUTHORIZATION {quoted}"
        ),
        Some(owner) => format!(
            "the schema postrider and all that is in it must belong to the user of all nodes; it belongs to {owner}"
        ),
    };
    Ok((user, remedy))
}
