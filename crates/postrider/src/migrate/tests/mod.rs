//! From a directory into a database.

mod crashing;
mod filled;

use std::path::Path;
use std::sync::Arc;

use postrider_model::id::IdSalt;
use postrider_postgres::Database;
use postrider_store::Upkeep as _;
use postrider_store::transfer::{Source, Table, Target, TransferState};
use postrider_store_postgres::{PostgresOptions, PostgresStore};
use postrider_store_sqlite::{OpenError, Options, SqliteStore};
use uuid::Uuid;

use super::moving::{Moved, Moving};
use super::undo;
use crate::cli::Failed;
use crashing::Crashing;
use filled::fill;

fn source(dir: &Path) -> Arc<SqliteStore> {
    SqliteStore::open_to_move(Options::new(dir, IdSalt(0))).unwrap()
}

fn options(database: &Database) -> PostgresOptions {
    PostgresOptions { connections: 4, ..PostgresOptions::new(database.url(), IdSalt(1)) }
}

async fn target(database: &Database) -> Arc<PostgresStore> {
    PostgresStore::open_to_fill(options(database)).await.unwrap()
}

async fn run(source: &dyn Source, target: &dyn Target, copy: u128) -> Result<Moved, Failed> {
    let to = "host/db".to_owned();
    Moving { source, target, to, copy: Uuid::from_u128(copy), quiet: true }.run().await
}

async fn rows(source: &SqliteStore) -> Vec<(Table, u64)> {
    let mut rows = Vec::new();
    for table in Table::ALL {
        rows.push((table, source.rows(table).await.unwrap()));
    }
    rows
}

#[tokio::test]
async fn everything_moves_and_is_the_same() {
    let Some(database) = Database::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    let filled = fill(dir.path()).await;
    let source = source(dir.path());
    let moved = run(&*source, &*target(&database).await, 1).await.unwrap();
    assert!(!moved.resumed && !moved.emptied);
    for (table, verified) in &moved.tables {
        assert!(verified.is_same(), "{}: {verified:?}", table.name());
    }
    // Each table had something, and nothing of it was left out.
    for (table, rows) in rows(&source).await {
        let found = moved.tables.iter().find(|(moved, _)| *moved == table).unwrap().1;
        // What the directory knows of the move is its own.
        let own = u64::from(table == Table::Fact);
        assert!(rows > own, "{} is empty", table.name());
        assert_eq!(found.target.rows, rows - own, "{}", table.name());
    }
    let salt = "SELECT encode(value, 'hex') FROM postrider.fact WHERE name = 'id_salt'";
    assert_eq!(database.ask(salt), ["0700000000000000"]);
    let strays = "SELECT (SELECT count(*) FROM postrider.event_30_default) + (SELECT count(*) FROM postrider.delivery_30_default)";
    assert_eq!(database.ask(strays), ["0"], "every time has its partition");
    let wide = database.ask(&format!(
        "SELECT f.done || ' ' || f.total || ' ' || n.number || ' ' || (n.beat_at + n.lease < now())
         FROM postrider.fanout f JOIN postrider.node n ON n.number = f.owner WHERE f.event = {}",
        filled.wide.0.0
    ));
    assert_eq!(wide, [format!("2 {} 63 true", filled.wide.1)], "the first node takes it over");
}

#[tokio::test]
async fn what_waits_keeps_its_order_and_its_time() {
    let Some(database) = Database::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    let filled = fill(dir.path()).await;
    run(&*source(dir.path()), &*target(&database).await, 1).await.unwrap();
    let key = (u64::MAX - 5).cast_signed();
    let line = database.ask(&format!(
        "SELECT event || CASE WHEN parked THEN ' parked' ELSE ' due' END FROM postrider.pending
         WHERE endpoint = {} AND okey = {key} AND place IS NOT NULL ORDER BY place",
        filled.ordered.0
    ));
    let events = filled.line.iter().enumerate();
    let expected: Vec<_> = events
        .map(|(index, event)| format!("{}{}", event.0, if index == 0 { " due" } else { " parked" }))
        .collect();
    assert_eq!(line, expected);
    let scheduled = database.ask(&format!(
        "SELECT count(*) FROM postrider.pending WHERE okey = {key} AND place IS NULL AND scheduled AND NOT parked"
    ));
    assert_eq!(scheduled, ["1"]);
    let waits = format!(
        "SELECT due - (event >> 16) || ' ' || step || ' ' || attempts || ' ' || coalesce(length(log), 0)
         FROM postrider.pending WHERE endpoint = {} AND event = {}",
        filled.plain.0, filled.in_lane.0
    );
    assert_eq!(database.ask(&waits), ["0 0 0 0"], "due since it was accepted, and never tried");
    let retried = "SELECT step || ' ' || attempts FROM postrider.pending WHERE step > 0 AND okey IS NULL";
    assert_eq!(database.ask(retried), ["1 1"]);
    let next = "SELECT nextval('postrider.place') > max(place) FROM postrider.pending";
    assert_eq!(database.ask(next), ["t"]);
    let next = "SELECT nextval(pg_get_serial_sequence('postrider.endpoint', 'key')) - max(key) FROM postrider.endpoint";
    assert_eq!(database.ask(next), ["1"]);
}

#[tokio::test]
async fn a_copy_that_is_cut_off_anywhere_goes_on() {
    let Some(database) = Database::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    let mut runs = 0;
    let moved = loop {
        // Opened anew each time, as by a new process.
        let (source, target) = (source(dir.path()), target(&database).await);
        let crashing = Crashing::new(&*target, runs % 2 == 0);
        match run(&*source, &crashing, 100 + runs).await {
            Ok(moved) => break moved,
            Err(_) => assert!(crashing.has_crashed()),
        }
        let is_open = PostgresStore::open(options(&database)).await.is_ok();
        let known = target.transfer().await.unwrap().unwrap();
        let is_whole = matches!(known.state, TransferState::Moved(_));
        assert_eq!(is_open, is_whole, "no node starts on a half copy");
        let closed = source.transfer().await.unwrap().unwrap();
        assert!(!is_open || matches!(closed.state, TransferState::Moved(_)), "never are both open");
        runs += 1;
    };
    // A page of each table, by twos and ones, and the steps of the end.
    assert!(runs > 10 && moved.resumed, "{runs}");
    assert!(moved.tables.iter().all(|(_, verified)| verified.is_same()) || moved.tables.is_empty());
    assert!(PostgresStore::open(options(&database)).await.is_ok());
    let copied = target(&database).await.transfer().await.unwrap().unwrap();
    assert!(matches!(copied.state, TransferState::Moved(_)));
    assert_eq!(copied.copied.copy, Uuid::from_u128(100), "it was one copy all along");
}

#[tokio::test]
async fn a_moved_directory_is_closed_until_the_move_is_taken_back() {
    let Some(database) = Database::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    run(&*source(dir.path()), &*target(&database).await, 1).await.unwrap();
    let open = || SqliteStore::open(Options::new(dir.path(), IdSalt(0)));
    assert!(matches!(open(), Err(OpenError::Moved { to, .. }) if to == "host/db"));
    // Run again, it says that it is done; and nowhere else does it go.
    let again = run(&*source(dir.path()), &*target(&database).await, 2).await.unwrap();
    assert!(again.tables.is_empty() && again.resumed);
    let other = Database::new().unwrap();
    let elsewhere = run(&*source(dir.path()), &*target(&other).await, 2).await.unwrap_err();
    assert!(elsewhere.message.contains("moved to host/db already"), "{}", elsewhere.message);
    assert!(undo(dir.path()).await.unwrap().is_some());
    open().unwrap().close().await.unwrap();
    assert!(undo(dir.path()).await.unwrap().is_none());
    // The database that was in use is not written over.
    let back = run(&*source(dir.path()), &*target(&database).await, 3).await.unwrap_err();
    assert!(back.message.contains("was moved into it"), "{}", back.message);
}

#[tokio::test]
async fn a_source_that_was_used_in_between_is_copied_anew() {
    let Some(database) = Database::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    for copy in 0..7 {
        let (source, target) = (source(dir.path()), target(&database).await);
        run(&*source, &Crashing::new(&*target, true), copy).await.unwrap_err();
    }
    assert_ne!(database.ask("SELECT count(*) FROM postrider.endpoint"), ["0"]);
    let used = SqliteStore::open(Options::new(dir.path(), IdSalt(0))).unwrap();
    used.close().await.unwrap();
    drop(used);
    let moved = run(&*source(dir.path()), &*target(&database).await, 99).await.unwrap();
    assert!(moved.emptied && !moved.resumed);
    assert!(moved.tables.iter().all(|(_, verified)| verified.is_same()));
}

#[tokio::test]
async fn a_database_in_use_is_refused() {
    let Some(database) = Database::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    let refused = async || {
        let error = run(&*source(dir.path()), &*target(&database).await, 1).await.unwrap_err();
        error.message
    };
    drop(target(&database).await);
    let node = "INSERT INTO postrider.node (number, generation, name, address, version, serves, works, knows, started_at,
                                            beat_at, lease, low_water, leaving, queued, in_flight)
                VALUES (0, 1, 'n1', '', '', true, true, 1, now(), now(), '1 minute', 0, false, 0, 0)";
    let _ = database.ask(node);
    assert!(refused().await.contains("n1 work on it"));
    let _ = database.ask("DELETE FROM postrider.node");
    let project = "INSERT INTO postrider.project (id, name, contract, settings, created_at, updated_at)
                   VALUES ('a', 'a', 'standard', '{}', 0, 0)";
    let _ = database.ask(project);
    assert!(refused().await.contains("another installation"));
    assert_eq!(database.ask("SELECT count(*) FROM postrider.project"), ["1"], "it is left alone");
    SqliteStore::open(Options::new(dir.path(), IdSalt(0))).unwrap().close().await.unwrap();
}

#[tokio::test]
async fn a_difference_is_found_and_nothing_is_closed_or_opened() {
    let Some(database) = Database::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    let target = target(&database).await;
    let _ = database.ask(
        "CREATE FUNCTION postrider.spoil() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN NEW.due := NEW.due + 1; RETURN NEW; END $$;
         CREATE TRIGGER spoil BEFORE INSERT ON postrider.pending FOR EACH ROW EXECUTE FUNCTION postrider.spoil()",
    );
    let failed = run(&*source(dir.path()), &*target, 1).await.unwrap_err();
    assert!(failed.message.contains("tables: delivery"), "{}", failed.message);
    assert!(PostgresStore::open(options(&database)).await.is_err());
    SqliteStore::open(Options::new(dir.path(), IdSalt(0))).unwrap().close().await.unwrap();
    let _ = database.ask("DROP TRIGGER spoil ON postrider.pending");
    assert!(run(&*source(dir.path()), &*target, 2).await.unwrap().emptied);
}
