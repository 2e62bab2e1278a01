//! An endpoint's rate, in-flight limit and order hold across nodes while its slot moves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use postrider_cluster_tests::Cluster;
use postrider_tests::{Act, Client, Receiver, until};
use serde_json::json;

const PER_SECOND: usize = 40;
const IN_FLIGHT: usize = 3;
/// How long the receiver takes for each answer.
const ANSWER: Duration = Duration::from_millis(30);
const EVENTS: usize = 1_200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rate_and_in_flight_limit_hold_while_slots_move_between_three_nodes() {
    let Some(postgres) = super::postgres() else { return };
    let mut cluster = Cluster::start(&postgres, 3).await;
    let times = Arc::new(Mutex::new(Vec::new()));
    let begun = Arc::clone(&times);
    let receiver = Receiver::acting(move |_, _| {
        begun.lock().push(Instant::now());
        Act::AnswerAfter(ANSWER, 204)
    })
    .await;
    let endpoint = json!({
        "url": receiver.url(), "rate_limit": {"per_second": PER_SECOND}, "max_in_flight": IN_FLIGHT,
    });
    let _ = cluster.product.client.post("/v1/tenants/t1/endpoints", endpoint).await.expect(201);
    let key = cluster.product.client.key.clone();
    let addresses: Vec<_> = cluster.nodes.iter().map(|node| node.server().address).collect();
    for (number, address) in (0..EVENTS).zip(addresses.iter().cycle()) {
        let event = json!({"tenant": "t1", "type": "thing.happened", "data": {"n": number}});
        let _ = Client::new(*address, &key).post("/v1/events", event).await.expect(202);
    }
    // Each restart moves slots twice.
    for node in [0, 1, 2] {
        cluster.nodes[node].stop().await;
        cluster.settled().await;
        cluster.nodes[node].start().await;
        cluster.settled().await;
    }
    until("all deliveries", async || (times.lock().len() >= EVENTS).then_some(())).await;
    let times = times.lock().clone();
    let in_a_second = |from: usize| {
        times[from..].iter().take_while(|at| **at - times[from] < Duration::from_secs(1)).count()
    };
    let fastest = (0..times.len()).map(in_a_second).max().unwrap_or(0);
    println!(
        "{} deliveries over three restarts: at most {fastest} began in a second (rate {PER_SECOND}, and as many in a burst), at most {} in flight (limit {IN_FLIGHT})",
        times.len(),
        receiver.most_at_once(),
    );
    // A burst of one second's worth, and what a second brings; a new owner begins with a burst of its own.
    assert!(fastest <= 2 * PER_SECOND + 2, "{fastest} in one second");
    assert!(receiver.most_at_once() <= IN_FLIGHT);
}
