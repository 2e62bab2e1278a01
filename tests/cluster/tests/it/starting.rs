//! Nodes that start at once where there is nothing yet.

use std::sync::Arc;

use postrider_postgres::Database;
use postrider_tests::{Client, Launch, Product, ROOT_KEY, Receiver, until};
use serde_json::json;
use tokio::task::JoinSet;

const NODES: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_at_once_on_an_empty_database_become_one_postrider() {
    let Some(postgres) = super::postgres() else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let database = Arc::new(Database::on(&postgres.url()));
    let mut starting = JoinSet::new();
    for number in 1..=NODES {
        let dir = dir.path().join(number.to_string());
        std::fs::create_dir_all(&dir).expect("a directory for the node");
        let launch = Launch::node(&dir, &database).env("POSTRIDER_NODE_NAME", &format!("node-{number}"));
        starting.spawn(async move { launch.start().await });
    }
    let nodes = starting.join_all().await;
    let root = Client::new(nodes[0].address, ROOT_KEY);
    until("every node has its slots", async || {
        let seen = root.get("/v1/nodes").await.expect(200);
        let slots = seen["data"].as_array()?.iter().filter_map(|node| node["slots"].as_u64());
        (slots.collect::<Vec<_>>() == [256 / NODES as u64; NODES]).then_some(())
    })
    .await;

    let product = Product::create(&nodes[0], json!({})).await;
    let receiver = Receiver::start().await;
    let _ = product.endpoint(&receiver.url()).await;
    for (number, node) in nodes.iter().enumerate() {
        let event = json!({"tenant": "t1", "type": "thing.happened", "data": {"n": number}});
        let _ = product.at(node).client.post("/v1/events", event).await.expect(202);
    }
    let _ = receiver.wait_for(NODES).await;
}
