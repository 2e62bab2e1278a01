//! The schema and its migrations: embedded, forward only, each one transaction with the version it leads to, so that one
//! that was interrupted simply runs again. Nodes that start at once wait for each other (DESIGN 4.1).
//!
//! While an installation is upgraded node by node, programs of two versions work on one schema: each migration says
//! which programs can go on with what it makes.

use tokio_postgres::types::Type;

use crate::conn::{Conn, Tx};
use crate::connect::Connections;
use crate::fault::{Fault, Res, at_open};
use crate::options::OpenError;

/// A step of the schema.
struct Migration {
    sql: &'static str,
    /// Programs that know this version, or a later one, can work with what it makes.
    oldest_reader: i32,
}

/// In order; the version of a schema is how many of them it has.
const MIGRATIONS: &[Migration] =
    &[Migration { sql: include_str!("../migrations/0001_initial.sql"), oldest_reader: 1 }];

/// "postride" in ASCII: the advisory lock that migrations are made under.
const LOCK: i64 = 0x706f_7374_7269_6465;

/// What a database says of its schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) number: i32,
    pub(crate) oldest_reader: i32,
}

/// The version that this program writes.
pub(crate) fn known_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Runs the migrations that the database does not have yet; returns its version.
pub(crate) async fn migrate(first: Conn, connections: &Connections) -> Result<u32, OpenError> {
    let mut conn = first;
    loop {
        let version = version(&conn).await.map_err(at_open)?;
        refuse_newer(version)?;
        let done = usize::try_from(version.number).unwrap_or_default();
        if done >= MIGRATIONS.len() {
            return Ok(u32::try_from(version.number).unwrap_or_default());
        }
        step(conn).await.map_err(at_open)?;
        conn = connections.get().await.map_err(at_open)?;
    }
}

fn refuse_newer(version: Version) -> Result<(), OpenError> {
    let known = known_version();
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

/// The next migration that is missing, under the lock.
async fn step(conn: Conn) -> Res<()> {
    let tx = conn.begin().await?;
    tx.query("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)]).await?;
    // Whoever had the lock before may have done it.
    let found = version(&tx).await?;
    let Some(migration) = usize::try_from(found.number).ok().and_then(|done| MIGRATIONS.get(done)) else {
        return Ok(tx.commit().await?);
    };
    if found.number == 0 {
        begin(&tx).await?;
    }
    tx.run(migration.sql).await?;
    tx.execute(
        "UPDATE postrider.schema_version SET version = $1, oldest_reader = greatest(oldest_reader, $2)",
        &[(&(found.number + 1), Type::INT4), (&migration.oldest_reader, Type::INT4)],
    )
    .await?;
    Ok(tx.commit().await?)
}

async fn begin(tx: &Tx) -> Res<()> {
    tx.run(
        "CREATE SCHEMA IF NOT EXISTS postrider;
         CREATE TABLE postrider.schema_version (version integer NOT NULL, oldest_reader integer NOT NULL);
         INSERT INTO postrider.schema_version VALUES (0, 0)",
    )
    .await
}
