//! What the suite cannot see of standing work: partitions, and what another transaction does meanwhile.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use postrider_model::delivery::DeliveryKey;
use postrider_model::id::IdSalt;
use postrider_postgres::Database;
use postrider_store::conformance::{Backend, World};
use postrider_store::{NewDelivery, NewEvent, Next, Place, Store};
use postrider_store_postgres::{PostgresOptions, PostgresStore};
use tokio_postgres::NoTls;

const DAY: u64 = 24 * 3600;

struct Postgres(Arc<Database>);

#[async_trait]
impl Backend for Postgres {
    async fn open(&mut self) -> Arc<dyn Store> {
        let options = PostgresOptions::new(self.0.url(), IdSalt(7));
        PostgresStore::open(PostgresOptions { connections: 4, ..options }).await.unwrap()
    }
}

async fn world() -> Option<(World, Arc<Database>)> {
    let database = Arc::new(Database::new()?);
    Some((World::new(Box::new(Postgres(database.clone()))).await, database))
}

/// An event of a class of one day, delivered.
async fn delivered(w: &mut World) -> DeliveryKey {
    let endpoint = w.endpoint().await;
    let deliveries = vec![NewDelivery { endpoint, place: Place::Lane }];
    let event = NewEvent { retention_days: 1, ..w.event(deliveries).await };
    let key = DeliveryKey { event: event.ordinal, endpoint };
    w.accept(vec![event]).await;
    w.end(key, Next::Delivered).await;
    key
}

fn rows(database: &Database) -> [String; 2] {
    ["event", "delivery"]
        .map(|table| database.ask(&format!("SELECT count(*) FROM postrider.{table}")).concat())
}

#[tokio::test]
async fn a_partition_is_dropped_when_nobody_has_seen_it_for_a_day_and_not_while_it_is_in_use() {
    let Some((mut w, database)) = world().await else { return };
    let key = delivered(&mut w).await;
    w.pass(DAY + 120);
    w.tidy().await;
    assert!(w.detail(key).await.is_none());
    assert_eq!(rows(&database), ["1", "1"], "hidden, and there");

    let (reader, connection) = tokio_postgres::connect(database.url(), NoTls).await.unwrap();
    let mut connections = tokio::task::JoinSet::new();
    connections.spawn(connection);
    reader.batch_execute("BEGIN; SELECT * FROM postrider.event").await.unwrap();
    w.pass(3 * DAY);
    w.tidy().await;
    reader.batch_execute("COMMIT").await.unwrap();
    assert_eq!(rows(&database), ["1", "1"], "in use");

    w.pass(120);
    w.tidy().await;
    assert_eq!(rows(&database), ["0", "0"]);
    let again = delivered(&mut w).await;
    assert!(w.detail(again).await.is_some());
}

#[tokio::test]
async fn what_no_partition_was_made_for_goes_too() {
    let Some((mut w, database)) = world().await else { return };
    let key = delivered(&mut w).await;
    let strayed =
        "INSERT INTO postrider.event SELECT 77, world, tenant, kind, \"timestamp\", deliver_at, deliveries,
             class, flags, endpoints, ordering_key, attributes, changes, data FROM postrider.event LIMIT 1;
         SELECT tableoid::regclass FROM postrider.event WHERE id = 77";
    assert_eq!(database.ask(strayed), ["postrider.event_1_default"]);
    for _ in 0..2 {
        assert_eq!(database.ask("SELECT count(*) FROM postrider.event WHERE id = 77"), ["1"]);
        // It had a delivery that nobody made, which is shown as failed for a day.
        w.pass(DAY + 120);
        w.tidy().await;
        assert!(w.detail(key).await.is_none());
    }
    assert_eq!(database.ask("SELECT count(*) FROM postrider.event WHERE id = 77"), ["0"]);
    assert_eq!(database.ask("SELECT count(*) FROM postrider.delivery WHERE event = 77"), ["0"]);
}

#[tokio::test]
async fn partitions_are_made_ahead_of_the_days_they_are_for() {
    let Some((mut w, database)) = world().await else { return };
    delivered(&mut w).await;
    w.tidy().await;
    let ahead = database.ask(
        "SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''?(-?[0-9]+)') FROM pg_class c
         WHERE c.relname ~ '^event_1_[0-9]+$' ORDER BY 1 DESC LIMIT 1",
    );
    let ahead: i64 = ahead.concat().parse().unwrap();
    w.pass(DAY + DAY / 2);
    assert!(ahead > postrider_model::id::Ordinal::at(w.now).0);
}

#[tokio::test]
async fn an_answer_that_a_commit_writes_which_began_before_the_erasure_is_blanked_later() {
    let Some((mut w, database)) = world().await else { return };
    let key = delivered(&mut w).await;
    let (slow, connection) = tokio_postgres::connect(database.url(), NoTls).await.unwrap();
    let mut connections = tokio::task::JoinSet::new();
    connections.spawn(connection);
    // It looked whether the event was erased, and it was not.
    slow.batch_execute("BEGIN; CREATE TABLE answer AS SELECT log FROM postrider.delivery").await.unwrap();
    assert!(w.store().erase_data(w.scope(), key.event).await.unwrap());
    assert!(w.detail(key).await.unwrap().attempts[0].excerpt.is_empty());
    w.tidy().await;
    slow.batch_execute("UPDATE postrider.delivery SET log = (SELECT log FROM answer); COMMIT").await.unwrap();
    assert_eq!(&w.detail(key).await.unwrap().attempts[0].excerpt[..], b"said");
    w.pass(60);
    w.tidy().await;
    assert!(w.detail(key).await.unwrap().attempts[0].excerpt.is_empty());
}
