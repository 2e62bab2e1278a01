//! What was answered 202 is delivered, whatever happens to the process.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use postrider_tests::{Act, Delivery, Launch, PATIENCE, Product, Receiver, Server, until};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

const ROUNDS: usize = 10;
const SENDERS: usize = 8;
/// Events accepted in a round before the process is ended.
const ENOUGH: usize = 400;

/// Senders that post one event after the other until the server is gone, and remember what was answered 202.
struct Load {
    senders: JoinSet<()>,
    accepted: watch::Receiver<usize>,
}

impl Load {
    fn start(product: &Product, next: &Arc<AtomicUsize>, answered: &Arc<Mutex<Vec<usize>>>) -> Self {
        let (count, accepted) = watch::channel(0);
        let count = Arc::new(count);
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let (client, next) = (product.client.clone(), Arc::clone(next));
            let (answered, count) = (Arc::clone(answered), Arc::clone(&count));
            senders.spawn(async move {
                let Ok(mut wire) = client.connect().await else { return };
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let event = json!({"tenant": "t1", "type": "x", "data": {"n": number}}).to_string();
                    match wire.post_event(event).await {
                        Ok(reply) if reply.status == 202 => {
                            answered.lock().push(number);
                            count.send_modify(|count| *count += 1);
                        }
                        // The server is going: what it does not answer with 202 it owes nobody.
                        _ => return,
                    }
                }
            });
        }
        Self { senders, accepted }
    }

    async fn enough(&mut self) {
        let waiting = self.accepted.wait_for(|count| *count >= ENOUGH);
        timeout(PATIENCE, waiting).await.expect("events are accepted").expect("somebody still sends");
    }

    async fn ended(self) {
        self.senders.join_all().await;
    }
}

fn number(delivery: &Delivery) -> usize {
    let body: Value = serde_json::from_slice(&delivery.body).unwrap();
    usize::try_from(body["data"]["n"].as_u64().unwrap()).unwrap()
}

/// How often each number came.
fn counted(arrived: &[Delivery]) -> HashMap<usize, usize> {
    let mut counts = HashMap::new();
    for delivery in arrived {
        *counts.entry(number(delivery)).or_default() += 1;
    }
    counts
}

async fn all_came(receiver: &Receiver, answered: &[usize]) -> HashMap<usize, usize> {
    // Parsing all of them for each that comes would take longer than the deliveries themselves.
    let mut counts = HashMap::<usize, usize>::new();
    let mut seen = 0;
    receiver
        .wait_until(|arrived| {
            for delivery in &arrived[seen..] {
                *counts.entry(number(delivery)).or_default() += 1;
            }
            seen = arrived.len();
            counts.len() >= answered.len() && answered.iter().all(|number| counts.contains_key(number))
        })
        .await;
    counted(&receiver.arrived())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_answered_202_is_received_although_the_process_is_killed_ten_times_under_load() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let receiver = Receiver::start().await;
    let mut server = launch.start().await;
    let mut product = Product::create(&server, json!({})).await;
    product.endpoint(&receiver.url()).await;
    let (next, answered) = (Arc::default(), Arc::default());
    for _ in 0..ROUNDS {
        let mut load = Load::start(&product, &next, &answered);
        load.enough().await;
        server.kill().await;
        load.ended().await;
        server = launch.start().await;
        product = product.at(&server);
    }
    let answered = answered.lock().clone();
    let counts = all_came(&receiver, &answered).await;
    let received: usize = counts.values().sum();
    println!(
        "{} events answered 202 over {ROUNDS} kills, all received; {} deliveries, {} of them duplicates; {} events received whose 202 was cut off",
        answered.len(),
        received,
        received - counts.len(),
        counts.len() - answered.len(),
    );
    assert!(answered.len() >= ROUNDS * ENOUGH);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_ends_with_0_and_loses_and_repeats_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let receiver = Receiver::start().await;
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    product.endpoint(&receiver.url()).await;
    let (next, answered) = (Arc::default(), Arc::default());
    let mut load = Load::start(&product, &next, &answered);
    load.enough().await;
    server.stop().await;
    load.ended().await;
    let server = launch.start().await;
    let answered = answered.lock().clone();
    let counts = all_came(&receiver, &answered).await;
    assert!(counts.values().all(|count| *count == 1), "a stop that is not a crash repeats nothing");
    server.stop().await;
}

async fn failed_once(product: &Product, event: &str, endpoint: &postrider_tests::Endpoint) -> Value {
    until("the first failure is settled", || async {
        let delivery = product.delivery(event, endpoint).await;
        (delivery["attempt_count"] == 1 && delivery["next_attempt_at"].is_string()).then_some(delivery)
    })
    .await
}

async fn a_retry_survives(end: impl AsyncFnOnce(Server)) {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let receiver = Receiver::acting(|_, number| Act::Answer(if number == 0 { 500 } else { 204 })).await;
    let server = launch.start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": [2]}})).await;
    let endpoint = product.endpoint(&receiver.url()).await;
    let event = product.send(json!({})).await;
    let before = failed_once(&product, &event, &endpoint).await;
    assert_eq!(before["status"], "pending");
    end(server).await;
    let server = launch.start().await;
    let product = product.at(&server);
    receiver.wait_for(2).await;
    let after = until("the retry is settled", || async {
        let delivery = product.delivery(&event, &endpoint).await;
        (delivery["status"] == "delivered").then_some(delivery)
    })
    .await;
    assert_eq!(after["attempt_count"], 2);
    let (due, started) = (before["next_attempt_at"].as_str(), after["attempts"][1]["started_at"].as_str());
    assert!(due <= started, "the timetable gives earliest times: due {due:?}, started {started:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_retry_scheduled_before_a_stop_happens_after_the_restart() {
    a_retry_survives(async |server| server.stop().await).await;
}

#[tokio::test]
async fn a_retry_scheduled_before_a_crash_happens_after_the_restart() {
    a_retry_survives(async |server| server.kill().await).await;
}
