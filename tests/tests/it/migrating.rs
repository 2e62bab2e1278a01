//! Moving up: a single machine's store into a PostgreSQL, and what a product and its customers see of that.

mod seen;
mod stock;

use std::collections::HashMap;
use std::sync::Arc;

use postrider_postgres::Database;
use postrider_tests::{Cli, Launch, OnlyEmbedded, Server, left_out, until};
use serde_json::{Value, json};
use stock::{FAN, LINE, REPLAYED, Stock};

/// An embedded server's directory and an empty database; `None` where there is no server for one.
struct Both {
    dir: tempfile::TempDir,
    embedded: Launch,
    database: Arc<Database>,
}

impl Both {
    fn new() -> Option<Self> {
        // It is about both stores at once.
        if left_out(OnlyEmbedded::DataDirectory) {
            return None;
        }
        let database = Arc::new(Database::new()?);
        let dir = tempfile::tempdir().unwrap();
        Some(Self { embedded: Launch::new(dir.path()), dir, database })
    }

    /// A node on the database with the master key of the directory.
    fn node(&self) -> Launch {
        let key = std::fs::read_to_string(self.embedded.data().join("master.key")).unwrap();
        Launch::node(self.dir.path(), &self.database).env("POSTRIDER_MASTER_KEY", key.trim())
    }

    fn command(&self) -> Cli {
        Cli::default().env("POSTRIDER_DATABASE_URL", self.database.url())
    }

    fn from(&self) -> &str {
        self.embedded.data().to_str().unwrap()
    }

    async fn migrate(&self) -> Value {
        self.command().run(&["migrate-store", "--json", "--from", self.from()]).await.expect(0).document()
    }

    /// Nobody waits an hour for a retry: everything that waits is due now.
    fn make_due(&self) {
        let _ = self.database.ask("UPDATE postrider.pending SET due = 0 WHERE NOT parked");
    }
}

/// What came, in words; `None` where there is no PostgreSQL.
async fn everything_moves(end: impl AsyncFnOnce(Server), killed: bool) -> Option<String> {
    let both = Both::new()?;
    let server = both.embedded.start().await;
    let stock = Stock::make(&server).await;
    let before = seen::all(&stock, &server).await;
    stock.begin_what_goes_on(&server).await;
    end(server).await;

    let moved = both.migrate().await;
    assert!(moved["tables"]["delivery"]["rows"].as_u64().unwrap() > 30, "{moved}");
    let (code, log) = both.embedded.refused().await;
    assert_ne!(code, 0);
    assert!(log.contains("moved to 127.0.0.1"), "{log}");

    // A node that only answers: nothing moves on while what it shows is compared.
    let node = both.node().arg("--role").arg("api").start().await;
    let after = seen::all(&stock, &node).await;
    seen::compare(&before, &after);
    stock.asks_again(&node).await;
    if !killed {
        // What is counted each minute, a stop writes down.
        assert_eq!(stock.attempts_counted(&node).await, 5);
    }
    node.stop().await;

    both.make_due();
    stock.heal();
    let arrived_before = stock.arrived();
    let node = both.node().start().await;
    stock.all_came(&node).await;
    stock.all_is_settled(&node).await;
    node.stop().await;
    Some(counted(&stock, &arrived_before, killed))
}

/// What came, and how often.
fn counted(stock: &Stock, before: &HashMap<(String, String), usize>, killed: bool) -> String {
    let counts = stock.arrived();
    let mut twice = 0;
    for ((path, event), count) in &counts {
        let expected = if path == REPLAYED { 2 } else { stock.attempts_of(path, event) };
        // What was in flight when the process was killed may come again.
        if killed && (path.starts_with(FAN) || path == REPLAYED) {
            assert!((expected..=expected + 1).contains(count), "{path} {event}: {count}");
            twice += count - expected;
        } else {
            assert_eq!(
                *count,
                expected,
                "{path} {event}, of which {:?} before",
                before.get(&(path.clone(), event.clone()))
            );
        }
    }
    assert_eq!(stock.order_of(LINE), stock.line, "in their order");
    format!("{} deliveries received, {twice} again because of the kill", counts.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_store_moves_and_nobody_notices() {
    let told = everything_moves(async |server| server.stop().await, false).await;
    println!("{}", told.unwrap_or_default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_whose_server_was_killed_moves_and_nothing_is_lost() {
    let told = everything_moves(async |server| server.kill().await, true).await;
    println!("{}", told.unwrap_or_default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_killed_in_the_middle_goes_on() {
    let Some(both) = Both::new() else { return };
    let server = both.embedded.start().await;
    let stock = Stock::make(&server).await;
    server.stop().await;
    // A node was started once, for a look; what it made up is not kept.
    Launch::node(both.dir.path(), &both.database).start().await.stop().await;

    // Under which partitions are made: the copy comes as far as the first event.
    let lock = "SELECT pg_advisory_lock(x'706172746974696f'::bigint); SELECT pg_sleep(100)";
    let locked = |wait: &str| {
        both.database
            .ask(&format!("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND {wait}"))
    };
    let holder = tokio::task::spawn_blocking({
        let database = Arc::clone(&both.database);
        move || postrider_postgres::ask(database.url(), lock)
    });
    let holding =
        until("the lock is held", async || locked("wait_event = 'PgSleep'").into_iter().next()).await;
    let copying = both.command().start(&["migrate-store", "--json", "--from", both.from()]);
    until("the copy waits", async || {
        (!locked("wait_event_type = 'Lock' AND wait_event = 'advisory'").is_empty()).then_some(())
    })
    .await;
    copying.kill().await;
    let _ = both.database.ask(&format!("SELECT pg_terminate_backend({holding})"));
    assert!(holder.await.unwrap().is_err());
    // Half of it is there, and no node works with it.
    let (code, log) = both.node().refused().await;
    assert_ne!(code, 0);
    assert!(log.contains("not all of it is there"), "{log}");

    let moved = both.migrate().await;
    assert_eq!(moved["resumed"], json!(true));
    assert!(moved["copied"].as_u64() < Some(stock.rows_at_least()), "only the rest: {moved}");
    let node = both.node().arg("--role").arg("api").start().await;
    let shown = seen::all(&stock, &node).await;
    assert!(!shown.is_empty());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_the_way_of_a_move_is_told() {
    let Some(both) = Both::new() else { return };
    let args = ["migrate-store", "--from", both.from()];
    let nothing = both.command().run(&args).await.expect(2);
    assert!(nothing.err.contains("there is no store in"), "{}", nothing.err);
    let server = both.embedded.start().await;
    Stock::make(&server).await;
    let running = both.command().run(&args).await.expect(1);
    assert!(
        running.err.contains("a server is using") && running.err.contains(both.from()),
        "{}",
        running.err
    );
    server.stop().await;
    let key =
        both.command().env("POSTRIDER_MASTER_KEY", postrider_tests::MASTER_KEY).run(&args).await.expect(1);
    assert!(key.err.contains("master key"), "{}", key.err);
    let nowhere = Cli::default().run(&args).await.expect(2);
    assert!(nowhere.err.contains("--to"), "{}", nowhere.err);
    let url = both.database.url().replace("postgres://postgres", "postgres://postgres:a-password");
    let node = Launch::node(both.dir.path(), &both.database).start().await;
    let used = Cli::default().env("POSTRIDER_DATABASE_URL", &url).run(&args).await.expect(1);
    assert!(used.err.contains("work on it"), "{}", used.err);
    assert!(!used.err.contains("a-password"));
    node.stop().await;
    let moved = both.command().run(&args).await.expect(0);
    assert!(
        moved.out.contains("the same on both sides") && moved.out.contains("master.key"),
        "{}",
        moved.out
    );
    let again = both.command().run(&args).await.expect(0);
    assert!(again.out.contains("moved already"), "{}", again.out);
    let undone = Cli::default().run(&["migrate-store", "--undo", "--from", both.from()]).await.expect(0);
    assert!(undone.out.contains("is open again"), "{}", undone.out);
    both.embedded.start().await.stop().await;
}
