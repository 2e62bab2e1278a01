//! A version with a newer schema comes to nodes that run.

use std::time::{Duration, Instant};

use postrider_cluster_tests::{Cluster, Load, Shape};
use postrider_model::id::IdSalt;
use postrider_postgres::ask;
use postrider_store_postgres::{PostgresOptions, PostgresStore};
use postrider_tests::Client;
use serde_json::json;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

/// What the next version makes of the schema: the nodes that run know nothing of it, and can go on.
const NEXT: [(&str, i32); 3] = [
    (
        "ALTER TABLE postrider.event ADD COLUMN source text NOT NULL DEFAULT 'api';
         ALTER TABLE postrider.delivery ADD COLUMN cost integer NOT NULL DEFAULT 0;
         ALTER TABLE postrider.pending ADD COLUMN urgency smallint NOT NULL DEFAULT 5;
         ALTER TABLE postrider.endpoint ADD COLUMN colour text NOT NULL DEFAULT 'blue';
         ALTER TABLE postrider.idempotency ADD COLUMN source text;
         ALTER TABLE postrider.node ADD COLUMN zone text NOT NULL DEFAULT ''",
        1,
    ),
    (
        "CREATE TABLE postrider.note (event bigint PRIMARY KEY, text text NOT NULL);
         INSERT INTO postrider.note SELECT 1, 'made by the next version'",
        1,
    ),
    ("CREATE INDEX CONCURRENTLY pending_urgency ON postrider.pending (urgency, due)", 1),
];

/// Somebody reads the events for so long when the next version comes.
const READS: &str = "BEGIN; LOCK TABLE postrider.event IN ACCESS SHARE MODE; SELECT pg_sleep(4); COMMIT";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_go_on_while_the_next_version_changes_the_schema_and_are_replaced_one_after_the_other() {
    let Some(postgres) = super::postgres() else { return };
    let mut cluster = Cluster::start(&postgres, 2).await;
    let shape = Shape::default();
    let mut load = Load::prepare(&cluster, shape).await;
    load.begin(&cluster.product.clone());
    sleep(Duration::from_secs(3)).await;

    let version = "SELECT version FROM postrider.schema_version WHERE oldest_reader = 1";
    let before: usize = cluster.database.ask(version)[0].parse().unwrap();
    let (began, refusals) = (Instant::now(), load.refusals.lock().len());
    let changed = change(&cluster).await;
    sleep(Duration::from_secs(2)).await;
    let (longest, _) = super::worst(&load.account.gaps(began, Instant::now()));
    let refused = load.refusals.lock().len() - refusals;
    println!(
        "the schema was changed in {:.2} s behind a reader of 4 s: {refused} posts refused, longest time without a delivery of an endpoint {:.2} s",
        changed.as_secs_f64(),
        longest.as_secs_f64()
    );
    assert_eq!(refused, 0, "posts are accepted meanwhile");
    assert!(longest < Duration::from_secs(4), "deliveries do not wait for the reader: {longest:?}");
    assert_eq!(cluster.database.ask(version), [(before + NEXT.len()).to_string()]);

    let began = Instant::now();
    cluster.add().await;
    load.follow(&cluster);
    for node in 0..2 {
        let others = cluster.nodes.iter().enumerate().filter(|(index, _)| *index != node);
        *load.addresses.lock() = others.map(|(_, other)| other.server().address).collect();
        cluster.nodes[node].stop().await;
        cluster.nodes[node].start().await;
        load.follow(&cluster);
        cluster.settled().await;
    }
    makes_partitions(&cluster).await;
    let (longest, _) = super::worst(&load.account.gaps(began, Instant::now()));
    println!(
        "a third node started on the newer schema, the others restarted: longest time without a delivery of an endpoint {:.2} s",
        longest.as_secs_f64()
    );
    let refusals = load.refusals.lock().len();
    let refusal = load.account.longest_refusal();
    let account = load.end().await;
    println!(
        "{} events answered 202, all received; {} deliveries, {} of them duplicates; {refusals} posts refused; no 202 for {:.2} s at most",
        account.answers(),
        account.arrivals(),
        account.duplicates(),
        refusal.as_secs_f64()
    );
    let disorder = account.disorder(Shape::is_ordered);
    assert!(disorder.is_empty(), "{} out of order, the first {:?}", disorder.len(), disorder.first());
    assert!(account.answers() > 500, "{}", account.answers());
}

/// Three nodes of the next version start at once, while somebody reads; how long it took them.
async fn change(cluster: &Cluster) -> Duration {
    let url = cluster.database.url().to_owned();
    let reader = spawn_blocking({
        let url = url.clone();
        move || ask(&url, READS).map(drop)
    });
    let reads =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    while cluster.database.ask(reads).is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
    let began = Instant::now();
    let mut next = JoinSet::new();
    for _ in 0..3 {
        let options = PostgresOptions { connections: 2, ..PostgresOptions::new(&url, IdSalt(1)) };
        next.spawn(PostgresStore::open_further(options, &NEXT));
    }
    for opened in next.join_all().await {
        drop(opened.expect("the next version's store opens"));
    }
    reader.await.expect("it does not panic").expect("the reader comes to its end");
    began.elapsed()
}

/// A node that knows nothing of the new columns makes partitions of tables that have them.
async fn makes_partitions(cluster: &Cluster) {
    let server = cluster.nodes[0].server();
    let project =
        json!({"id": "week", "name": "Week", "contract": "standard", "settings": {"retention_days": 7}});
    let root = Client::new(server.address, postrider_tests::ROOT_KEY);
    let _ = root.post("/v1/projects", project).await.expect(201);
    let key = json!({"name": "tests", "mode": "live", "scopes": ["*"]});
    let made = root.post("/v1/projects/week/keys", key).await.expect(201);
    let client = Client::new(server.address, made["key"].as_str().expect("a new key is shown"));
    let event = json!({"tenant": "t1", "type": "thing.happened", "data": {}});
    let _ = client.post("/v1/events", event).await.expect(202);
    let stored = "SELECT tableoid::regclass::text || ' ' || source FROM postrider.event WHERE class = 7";
    let stored = cluster.database.ask(stored);
    assert!(
        stored.len() == 1 && stored[0].ends_with(" api") && !stored[0].contains("default"),
        "in a partition of its own, with the new column: {stored:?}"
    );
}
