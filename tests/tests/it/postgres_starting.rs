//! Nodes that start on PostgreSQL, and what stops one.

use std::sync::Arc;

use postrider_postgres::{Database, Server as Postgres, ServerOptions};
use postrider_tests::{Client, Launch, Product, ROOT_KEY, Receiver, until};
use serde_json::{Value, json};

/// Another key than the one that the nodes have.
const OTHER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn database() -> Option<Arc<Database>> {
    Database::new().map(Arc::new)
}

/// The nodes that are there, as one of them shows them.
async fn nodes(of: &postrider_tests::Server, expected: usize) -> Vec<Value> {
    let client = Client::new(of.address, ROOT_KEY);
    until("the nodes see each other", async || {
        let shown = client.get("/v1/nodes").await.expect(200);
        let alive = shown["data"].as_array().unwrap().iter().filter(|node| node["status"] == "alive");
        let alive: Vec<Value> = alive.cloned().collect();
        (alive.len() == expected).then_some(alive)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_start_at_once_on_an_empty_database_are_one_installation() {
    let Some(database) = database() else { return };
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [first, second] = dirs
        .each_ref()
        .map(|dir| Launch::node(dir.path(), &database).env("POSTRIDER_ROOT_KEY", "").arg("--node-name=twin"));
    let (one, other) = tokio::join!(first.start(), second.start());
    let logs = [first.log(), second.log()].concat();
    let keys: Vec<&str> = logs.split_whitespace().filter(|word| word.starts_with("rk_")).collect();
    assert_eq!(keys.len(), 1, "the root key is made once and printed by the node that made it: {logs}");
    for server in [&one, &other] {
        let client = Client::new(server.address, keys[0]);
        let both = until("each node sees both", async || {
            let shown = client.get("/v1/nodes").await.expect(200);
            let nodes = shown["data"].as_array().unwrap().clone();
            (nodes.len() == 2).then_some(nodes)
        })
        .await;
        assert!(both.iter().all(|node| node["name"] == "twin"), "{both:?}");
    }
    one.stop().await;
    other.stop().await;
    assert!(!first.data().exists() && !second.data().exists(), "no data directory is made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_accepts_is_delivered_whoever_delivers_it() {
    let Some(database) = database() else { return };
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = Launch::node(dirs[0].path(), &database).arg("--node-name=one").start().await;
    let other = Launch::node(dirs[1].path(), &database).arg("--node-name=other").start().await;
    let shown = nodes(&one, 2).await;
    let mut names: Vec<_> = shown.iter().map(|node| node["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["one", "other"]);
    let product = Product::create(&one, json!({})).await;
    let receiver = Receiver::start().await;
    for _ in 0..8 {
        product.endpoint(&receiver.url()).await;
    }
    let elsewhere = product.at(&other);
    for number in 0..10 {
        product.send(json!({"n": number})).await;
        elsewhere.send(json!({"n": number})).await;
    }
    // Eight endpoints, twenty events.
    receiver.wait_for(160).await;
    one.stop().await;
    elsewhere.send(json!({"n": "the other goes on"})).await;
    receiver.wait_for(168).await;
    other.stop().await;
    assert_eq!(receiver.arrived().len(), 168, "nothing was sent twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_node_takes_what_a_worker_delivers() {
    let Some(database) = database() else { return };
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let api = Launch::node(dirs[0].path(), &database).arg("--role=api").start().await;
    let product = Product::create(&api, json!({})).await;
    let receiver = Receiver::start().await;
    product.endpoint(&receiver.url()).await;
    product.send(json!({"n": 1})).await;
    let worker = Launch::node(dirs[1].path(), &database).arg("--role=worker").start().await;
    receiver.wait_for(1).await;
    product.send(json!({"n": 2})).await;
    receiver.wait_for(2).await;
    let roles: Vec<_> = nodes(&api, 2).await.iter().map(|node| node["role"].clone()).collect();
    assert!(roles.contains(&json!("api")) && roles.contains(&json!("worker")), "{roles:?}");

    let at_worker = product.at(&worker);
    assert_eq!(at_worker.root.get("/v1/nodes").await.status, 404, "a worker answers no API");
    assert_eq!(at_worker.client.get("/healthz").await.status, 200);
    let ready = at_worker.client.get("/readyz").await.expect(200);
    assert_eq!(ready["store"], "postgresql");
    worker.stop().await;
    api.stop().await;
}

#[tokio::test]
async fn without_a_master_key_no_node_starts_and_with_another_none_either() {
    let Some(database) = database() else { return };
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::node(dir.path(), &database);
    let (code, said) = launch.clone().env("POSTRIDER_MASTER_KEY", "").refused().await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("POSTRIDER_MASTER_KEY") && !said.contains(database.url()), "{said}");
    assert_eq!(
        database.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'postrider'"),
        ["0"],
        "nothing was made"
    );

    launch.start().await.stop().await;
    let (code, said) = launch.env("POSTRIDER_MASTER_KEY", OTHER_KEY).refused().await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("POSTRIDER_MASTER_KEY") && !said.contains(OTHER_KEY), "{said}");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_stops_the_start_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let refused = async |url: &str| {
        let launch = Launch::new(dir.path()).env("POSTRIDER_MASTER_KEY", OTHER_KEY);
        let (code, _) = launch.env("POSTRIDER_DATABASE_URL", url).refused().await;
        // The log has all starts one after the other.
        let log = std::fs::read_to_string(dir.path().join("log")).unwrap();
        std::fs::remove_file(dir.path().join("log")).unwrap();
        assert!(!log.contains("hunter22"), "{log}");
        (code, log)
    };
    let (code, said) = refused("postgres://u:hunter22@127.0.0.1:1/d").await;
    assert!(code == 1 && said.contains("cannot connect"), "{said}");
    let (code, said) = refused("postgres://u:hunter22@no-such-host.invalid/d").await;
    assert!(code == 1 && said.contains("cannot connect"), "{said}");
    let (code, said) = refused("mysql://u:hunter22@127.0.0.1/d").await;
    assert!(code == 1 && said.contains("postgres://"), "{said}");
}

#[tokio::test]
async fn a_wrong_password_and_a_database_that_is_not_there_are_told() {
    let options = ServerOptions { password: Some("right-one".to_owned()), ..ServerOptions::default() };
    let Some(server) = Postgres::new(options.with("fsync", "off")) else { return };
    let dir = tempfile::tempdir().unwrap();
    let database = Arc::new(Database::on(&server.url()));
    let launch = Launch::node(dir.path(), &database);
    let wrong = database.url().replace("right-one", "wrong-one");
    let (code, said) = launch.clone().env("POSTRIDER_DATABASE_URL", &wrong).refused().await;
    assert!(code == 1 && said.contains("password authentication failed"), "{said}");
    assert!(!said.contains("wrong-one"), "{said}");
    let nowhere = database.url().replace(database.name(), "nowhere");
    let (code, said) = launch.clone().env("POSTRIDER_DATABASE_URL", &nowhere).refused().await;
    assert!(code == 1 && said.contains("nowhere") && said.contains("does not exist"), "{said}");
    launch.start().await.stop().await;
    assert!(!launch.log().contains("right-one"));
}
