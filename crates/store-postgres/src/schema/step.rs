//! One step to the next version.

use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::{Migration, Version, version};
use crate::conn::{Conn, Tx};
use crate::connect::Connections;
use crate::fault::{Fault, Res};

/// "postride" in ASCII: the advisory lock that migrations are made under.
pub(super) const LOCK: i64 = 0x706f_7374_7269_6465;

/// Others wait behind a lock that is waited for, so not for long: well below the half second after which a node refuses
/// events because its commits wait; and below the server's `deadlock_timeout` (1 s), so that it is the migration that steps
/// back, and no commit of a node.
const SETTINGS: &str = "SET LOCAL lock_timeout = '150ms'; SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0";

/// Between two words about an index that takes long.
const TELL: Duration = Duration::from_secs(10);

/// How a step went.
#[derive(Debug)]
pub(super) enum Went {
    /// It is made, by this node or another.
    Done,
    /// It is to be tried again.
    Waits(Why),
    /// These nodes are there, whose programs could not go on with what it makes.
    OlderNodes(Vec<String>),
}

/// What a step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Another node makes it.
    AnotherNode,
    /// Somebody uses a table that it changes.
    Locks,
    /// The index is being made already, for a node that has ended meanwhile.
    Index,
}

/// Makes the next migration that is missing, if the lock is free. It is asked for again and again, not waited for: a
/// session that waits for a lock is one that an index made beside it would wait for.
pub(super) async fn next(conn: Conn, connections: &Connections, migrations: &[Migration]) -> Res<Went> {
    let tx = conn.begin().await?;
    let free: bool =
        tx.query_one("SELECT pg_try_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)]).await?.try_get(0)?;
    if !free {
        return Ok(Went::Waits(Why::AnotherNode));
    }
    // Whoever had the lock before may have done it.
    let found = version(&tx).await?;
    let Some(migration) = usize::try_from(found.number).ok().and_then(|done| migrations.get(done)) else {
        return Ok(Went::Done);
    };
    // After the questions: the portal of the last one keeps its snapshot, which an index would wait for, until another
    // statement takes its place.
    tx.run(SETTINGS).await?;
    let went = match index_of(migration.sql) {
        Some(index) => beside(tx, connections, found, migration, index).await,
        None => within(tx, found, migration).await,
    };
    match went {
        Err(fault) if stood_back(&fault) => Ok(Went::Waits(Why::Locks)),
        went => went,
    }
}

fn stood_back(fault: &Fault) -> bool {
    fault.is_lock_timeout() || fault.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED)
}

/// A migration that is one transaction, with the version.
async fn within(tx: Tx, found: Version, migration: &Migration) -> Res<Went> {
    if found.number == 0 {
        begin(&tx).await?;
    }
    let older = older_nodes(&tx, found, migration).await?;
    if !older.is_empty() {
        return Ok(Went::OlderNodes(older));
    }
    tx.run(migration.sql).await?;
    count(tx, found, migration).await
}

/// A migration that is one index. The transaction holds the lock meanwhile, and nothing that the index waits for.
async fn beside(
    tx: Tx,
    connections: &Connections,
    found: Version,
    migration: &Migration,
    index: &str,
) -> Res<Went> {
    let conn = connections.get().await?;
    match Index::look(&conn, index).await? {
        Index::Whole => {}
        Index::Growing => return Ok(Went::Waits(Why::Index)),
        Index::Half => {
            conn.run(&format!("DROP INDEX CONCURRENTLY postrider.{index}")).await?;
            grow(&conn, migration.sql, index).await?;
        }
        Index::Absent => grow(&conn, migration.sql, index).await?,
    }
    count(tx, found, migration).await
}

/// Makes an index, which waits for all transactions that began before it.
async fn grow(conn: &Conn, sql: &str, index: &str) -> Res<()> {
    let mut made = std::pin::pin!(conn.run(sql));
    let began = tokio::time::Instant::now();
    loop {
        match tokio::time::timeout(TELL, &mut made).await {
            Ok(made) => return made,
            Err(_) => tracing::info!(
                index,
                seconds = began.elapsed().as_secs(),
                "an index is being made; it waits for transactions that began before it"
            ),
        }
    }
}

async fn count(tx: Tx, found: Version, migration: &Migration) -> Res<Went> {
    tx.execute(
        "UPDATE postrider.schema_version SET version = $1, oldest_reader = greatest(oldest_reader, $2)",
        &[(&(found.number + 1), Type::INT4), (&migration.oldest_reader, Type::INT4)],
    )
    .await?;
    tx.commit().await?;
    tracing::info!(version = found.number + 1, "the database's schema was changed");
    Ok(Went::Done)
}

/// Nodes that are there and know too little for what the migration makes. None joins until the transaction has ended, if
/// there is something to know.
async fn older_nodes(tx: &Tx, found: Version, migration: &Migration) -> Res<Vec<String>> {
    if migration.oldest_reader <= found.oldest_reader || found.number == 0 {
        return Ok(Vec::new());
    }
    tx.query("SELECT 1 FROM postrider.schema_version FOR UPDATE", &[]).await?;
    let nodes = tx
        .query(
            "SELECT name FROM postrider.node WHERE knows < $1 AND beat_at + lease > clock_timestamp() ORDER BY name",
            &[(&migration.oldest_reader, Type::INT4)],
        )
        .await?;
    nodes.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The schema, and the table that its version stands in.
async fn begin(tx: &Tx) -> Res<()> {
    // An administrator may have made it for a user who may not; IF NOT EXISTS would ask for the right all the same.
    if tx.query_opt("SELECT 1 FROM pg_namespace WHERE nspname = 'postrider'", &[]).await?.is_none() {
        tx.run("CREATE SCHEMA postrider").await?;
    }
    tx.run(
        "CREATE TABLE postrider.schema_version (version integer NOT NULL, oldest_reader integer NOT NULL);
         INSERT INTO postrider.schema_version VALUES (0, 0)",
    )
    .await
}

/// The name of the index, if the migration is one that is made beside everything else.
fn index_of(sql: &str) -> Option<&str> {
    sql.trim_start().strip_prefix("CREATE INDEX CONCURRENTLY ")?.split_whitespace().next()
}

/// What there is of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Index {
    Absent,
    /// Some session makes it.
    Growing,
    /// Whoever made it did not come to the end.
    Half,
    Whole,
}

impl Index {
    async fn look(conn: &Conn, name: &str) -> Res<Self> {
        let row = conn
            .query_opt(
                "SELECT i.indisvalid,
                        EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                 JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'postrider' AND c.relname = $1",
                &[(&name, Type::TEXT)],
            )
            .await?;
        let Some(row) = row else { return Ok(Self::Absent) };
        Ok(match (row.try_get(0)?, row.try_get(1)?) {
            (true, _) => Self::Whole,
            (false, true) => Self::Growing,
            (false, false) => Self::Half,
        })
    }
}
