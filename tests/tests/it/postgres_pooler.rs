//! A node whose connections a transaction pooler shares out.

use std::sync::Arc;

use postrider_postgres::{Database, Pooler, Server as Postgres, ServerOptions};
use postrider_tests::{Act, Launch, Product, Receiver, until};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_deliver_retry_and_stop_behind_a_transaction_pooler() {
    let Some(server) = Postgres::new(ServerOptions::default().with("fsync", "off")) else { return };
    let Some(pooler) = Pooler::before(server.port()) else { return };
    let database = Arc::new(Database::on(&server.url()));
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, other] = dirs.each_ref().map(|dir| {
        let launch = Launch::node(dir.path(), &database).arg("--database-pooler");
        launch.env("POSTRIDER_DATABASE_URL", &pooler.url(database.name()))
    });
    let (first, second) = tokio::join!(one.start(), other.start());
    let product = Product::create(&first, json!({"retry": {"schedule_seconds": [1]}})).await;
    let receiver = Receiver::acting(|_, number| Act::Answer(if number == 0 { 500 } else { 204 })).await;
    let endpoint = product.endpoint(&receiver.url()).await;
    let event = product.send(json!({"n": 0})).await;
    receiver.wait_for(2).await;
    for number in 1..=20 {
        product.send(json!({"n": number})).await;
        product.at(&second).send(json!({"n": number})).await;
    }
    receiver.wait_for(42).await;
    let shown = until("the retry is settled", async || {
        let delivery = product.delivery(&event, &endpoint).await;
        (delivery["status"] == "delivered").then_some(delivery)
    })
    .await;
    assert_eq!(shown["attempt_count"], 2);
    first.stop().await;
    second.stop().await;
    assert_eq!(receiver.arrived().len(), 42, "nothing was sent twice");
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'postrider'";
    let sessions: usize = database.ask(sessions)[0].parse().unwrap();
    assert!(sessions <= 8, "{sessions} sessions: the pooler's are not shared");
    for log in [one.log(), other.log()] {
        assert!(!log.contains("prepared statement"), "{log}");
    }
}
