use std::time::Duration;

use futures::future::join_all;
use postrider_model::id::IdSalt;
use postrider_model::time::Millis;
use postrider_postgres::Database;
use postrider_store::{Cluster as _, NewNode};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_postgres::{Client, NoTls};

use super::*;
use crate::options::PostgresOptions;
use crate::store::PostgresStore;
use crate::url;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(800);

const TABLE: Migration = Migration {
    sql: "CREATE TABLE postrider.second (at int); INSERT INTO postrider.second VALUES (2)",
    oldest_reader: 1,
};
const INDEX: Migration =
    Migration { sql: "CREATE INDEX CONCURRENTLY third ON postrider.pending (due)", oldest_reader: 1 };
const COLUMN: Migration =
    Migration { sql: "ALTER TABLE postrider.event ADD COLUMN more text", oldest_reader: 1 };
const BREAK: Migration = Migration {
    sql: "ALTER TABLE postrider.pending DROP COLUMN step",
    oldest_reader: MIGRATIONS.len() as i32 + 1,
};

/// The version that so many further steps lead to.
fn after(further: u32) -> u32 {
    known_version() + further
}

/// The program's own steps, and what comes after them.
fn with(further: &[Migration]) -> Vec<Migration> {
    MIGRATIONS.iter().chain(further).copied().collect()
}

fn options(database: &Database) -> PostgresOptions {
    PostgresOptions { connections: 2, ..PostgresOptions::new(database.url(), IdSalt(7)) }
}

/// A node's start, as far as the schema.
async fn start(database: &Database, further: &[Migration], within: Duration) -> Result<u32, OpenError> {
    let options = options(database);
    let connections = Connections::new(&url::read(&options)?, &options, 4)?;
    let first = connections.get().await.map_err(at_open)?;
    migrate(first, &connections, &with(further), within).await
}

/// Waits until a question has this answer.
async fn until(database: &Database, sql: &str, answer: &[&str]) -> Vec<String> {
    let asking = async {
        loop {
            let found = database.ask(sql);
            if (answer.is_empty() && !found.is_empty()) || (!answer.is_empty() && found == answer) {
                return found;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LONG, asking).await.unwrap_or_else(|_| panic!("{sql} never became {answer:?}"))
}

/// A session of somebody else.
struct Somebody {
    client: Client,
    _connection: JoinSet<()>,
}

impl Somebody {
    async fn new(database: &Database) -> Self {
        let (client, connection) = tokio_postgres::connect(database.url(), NoTls).await.unwrap();
        let mut running = JoinSet::new();
        running.spawn(async move { connection.await.unwrap() });
        Self { client, _connection: running }
    }

    /// One in the middle of something.
    async fn that(database: &Database, doing: &str) -> Self {
        let somebody = Self::new(database).await;
        somebody.run(doing).await;
        somebody
    }

    async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }
}

/// Ends the session that runs a statement like this one, as the kill of its node does.
async fn end(database: &Database, like: &str) {
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '{like}'"
    );
    assert_eq!(database.ask(&sql), ["t"]);
}

const VERSION: &str = "SELECT version FROM postrider.schema_version";
const IS_WHOLE: &str = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'postrider.third'::regclass";

#[tokio::test]
async fn eight_nodes_that_start_at_once_make_every_step_once() {
    let Some(database) = Database::new() else { return };
    let further = [TABLE, INDEX, COLUMN];
    let versions = join_all((0..8).map(|_| start(&database, &further, LONG))).await;
    for version in versions {
        assert_eq!(version.unwrap(), after(3));
    }
    assert_eq!(database.ask("SELECT at FROM postrider.second"), ["2"]);
    assert_eq!(database.ask(IS_WHOLE), ["t"]);
}

#[tokio::test]
async fn a_step_whose_node_dies_in_the_middle_is_made_whole_by_the_next_one() {
    let Some(database) = Database::new() else { return };
    let slow = Migration { sql: "CREATE TABLE postrider.second (at int); SELECT pg_sleep(60)", ..TABLE };
    let slow = [slow];
    let dies = async {
        let sleeps =
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
        let _ = until(&database, sleeps, &[]).await;
        end(&database, "%pg_sleep(60)%").await;
    };
    let (died, ()) = tokio::join!(start(&database, &slow, LONG), dies);
    assert!(matches!(died, Err(OpenError::Unreachable(_))), "{died:?}");
    assert_eq!(database.ask(VERSION), [after(0).to_string()]);
    assert_eq!(database.ask("SELECT 1 FROM pg_class WHERE relname = 'second'"), [""; 0]);
    assert_eq!(start(&database, &[TABLE], LONG).await.unwrap(), after(1));
    assert_eq!(database.ask("SELECT at FROM postrider.second"), ["2"]);
}

#[tokio::test]
async fn an_index_that_was_left_half_made_is_made_anew() {
    let Some(database) = Database::new() else { return };
    assert_eq!(start(&database, &[], LONG).await.unwrap(), after(0));
    // It waits for whoever began to read before it.
    let reader =
        Somebody::that(&database, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM postrider.slot")
            .await;
    let dies = async {
        let waits = "SELECT phase FROM pg_stat_progress_create_index WHERE datname = current_database() AND phase LIKE 'waiting for old snapshots'";
        let _ = until(&database, waits, &[]).await;
        end(&database, "CREATE INDEX CONCURRENTLY third%").await;
    };
    let further = [INDEX];
    let (died, ()) = tokio::join!(start(&database, &further, LONG), dies);
    assert!(matches!(died, Err(OpenError::Unreachable(_))), "{died:?}");
    assert_eq!(
        (database.ask(VERSION), database.ask(IS_WHOLE)),
        (vec![after(0).to_string()], vec!["f".to_owned()])
    );
    reader.run("ROLLBACK").await;
    assert_eq!(start(&database, &further, LONG).await.unwrap(), after(1));
    assert_eq!(database.ask(IS_WHOLE), ["t"]);
}

#[tokio::test]
async fn an_index_that_goes_on_without_its_node_is_waited_for() {
    let Some(database) = Database::new() else { return };
    assert_eq!(start(&database, &[], LONG).await.unwrap(), after(0));
    let reader =
        Somebody::that(&database, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM postrider.slot")
            .await;
    // The server goes on with what a node that was killed had asked for last.
    let left = Somebody::new(&database).await;
    let mut going_on = JoinSet::new();
    going_on.spawn(async move { left.run(INDEX.sql).await });
    let growing = "SELECT 1 FROM pg_stat_progress_create_index WHERE datname = current_database() AND phase LIKE 'waiting for old snapshots'";
    let _ = until(&database, growing, &[]).await;
    let further = [INDEX];
    let refused = start(&database, &further, SHORT).await;
    let Err(OpenError::SchemaBusy { why, .. }) = refused else { panic!("{refused:?}") };
    assert!(why.contains("still being made"), "{why}");
    let oid = database.ask("SELECT 'postrider.third'::regclass::oid");
    let ends = async {
        reader.run("ROLLBACK").await;
    };
    let (version, ()) = tokio::join!(start(&database, &further, LONG), ends);
    assert_eq!(version.unwrap(), after(1));
    going_on.join_next().await.unwrap().unwrap();
    assert_eq!(database.ask("SELECT 'postrider.third'::regclass::oid"), oid, "it is the one that went on");
}

#[tokio::test]
async fn a_step_steps_back_for_a_long_reader_and_is_tried_again() {
    let Some(database) = Database::new() else { return };
    assert_eq!(start(&database, &[], LONG).await.unwrap(), after(0));
    let reader = Somebody::that(
        &database,
        "SET application_name = 'a_dump'; BEGIN; LOCK TABLE postrider.event IN ACCESS SHARE MODE",
    )
    .await;
    let further = [COLUMN];
    let refused = start(&database, &further, SHORT).await;
    let Err(OpenError::SchemaBusy { why, .. }) = refused else { panic!("{refused:?}") };
    assert!(why.contains("application a_dump") && why.contains("has held event"), "{why}");

    let waiting = "SELECT mode FROM pg_locks WHERE NOT granted AND relation = 'postrider.event'::regclass";
    let ends = async {
        let _ = until(&database, waiting, &["AccessExclusiveLock"]).await;
        // Whoever stands behind it is let through.
        assert_eq!(database.ask("SELECT count(*) FROM postrider.event"), ["0"]);
        reader.run("COMMIT").await;
    };
    let (version, ()) = tokio::join!(start(&database, &further, LONG), ends);
    assert_eq!(version.unwrap(), after(1));
}

#[tokio::test]
async fn a_node_that_waits_for_another_ones_step_says_so() {
    let Some(database) = Database::new() else { return };
    let other =
        Somebody::that(&database, &format!("BEGIN; SELECT pg_advisory_xact_lock({})", step::LOCK)).await;
    let refused = start(&database, &[], SHORT).await;
    let Err(OpenError::SchemaBusy { why, .. }) = &refused else { panic!("{refused:?}") };
    assert_eq!(why, "another node is changing it");
    other.run("COMMIT").await;
    assert_eq!(start(&database, &[], SHORT).await.unwrap(), after(0));
}

#[tokio::test]
async fn a_step_that_older_nodes_could_not_go_on_with_waits_until_they_are_stopped() {
    let Some(database) = Database::new() else { return };
    let old = PostgresStore::open(options(&database)).await.unwrap();
    let node = NewNode {
        name: "old".to_owned(),
        address: String::new(),
        version: "1".to_owned(),
        serves: true,
        works: true,
        lease: LONG,
        now: Millis(1_750_000_000_000),
    };
    old.join(node.clone()).await.unwrap();
    let further = [BREAK];
    let refused = start(&database, &further, LONG).await;
    assert!(matches!(&refused, Err(OpenError::OlderNodes { names }) if names == "old"), "{refused:?}");
    assert_eq!(database.ask(VERSION), [after(0).to_string()]);
    let _ = database.ask("UPDATE postrider.node SET lease = interval '0'");
    assert_eq!(start(&database, &further, LONG).await.unwrap(), after(1));
    let refused = old.join(node).await.unwrap_err().to_string();
    assert!(refused.contains("a newer version of Postrider is needed"), "{refused}");
}
