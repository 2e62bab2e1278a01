//! Running it: health, metrics, backup, logs, stopping.

use std::process::Command;
use std::time::Duration;

use postrider_tests::{Act, Client, Launch, OnlyEmbedded, Product, Receiver, binary, left_out, until};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_the_running_server_is_a_store_that_starts() {
    if left_out(OnlyEmbedded::Backup) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    let endpoint = product.endpoint(&receiver.url()).await;
    let event = product.send(json!({"n": 1})).await;
    receiver.wait_for(1).await;
    until("the delivery is settled", || async {
        (product.delivery(&event, &endpoint).await["status"] == "delivered").then_some(())
    })
    .await;

    let copy = dir.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    let backup = |to: &std::path::Path| {
        let mut command = Command::new(binary());
        command.arg("backup").arg("--json").arg("--data-dir").arg(launch.data()).arg("--to").arg(to);
        command.output().unwrap()
    };
    let database = copy.join("postrider.db");
    let output = tokio::task::block_in_place(|| backup(&database));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["bytes"], std::fs::metadata(&database).unwrap().len());
    let again = tokio::task::block_in_place(|| backup(&database));
    assert!(!again.status.success(), "a backup never overwrites another");
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.contains(&database.display().to_string()) && said.contains("--to"), "{said}");
    server.stop().await;
    let at_rest = backup(&dir.path().join("at-rest.db"));
    assert!(at_rest.status.success(), "{}", String::from_utf8_lossy(&at_rest.stderr));

    std::fs::copy(launch.data().join("master.key"), copy.join("master.key")).unwrap();
    let server = launch.clone().data_dir(&copy).start().await;
    let product = product.at(&server);
    assert_eq!(product.delivery(&event, &endpoint).await["status"], "delivered");
    product.send(json!({"n": 2})).await;
    receiver.wait_for(2).await;
    server.stop().await;
}

#[tokio::test]
async fn metrics_have_the_announced_names_and_move_to_their_own_listener() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let text = Client::new(server.address, "").get("/metrics").await;
    assert_eq!(text.status, 200);
    let text = String::from_utf8(text.body.to_vec()).unwrap();
    let names = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    for line in names {
        assert!(line.starts_with("postrider_"), "{line}");
    }
    assert!(text.contains("postrider_"));
    server.stop().await;

    let launch = launch.arg("--metrics-listen=127.0.0.1:0");
    let server = launch.start().await;
    assert_eq!(Client::new(server.address, "").get("/metrics").await.status, 404);
    let log = launch.log();
    let own = log.split_whitespace().find_map(|word| word.strip_prefix("address="));
    let own = Client::new(own.expect("the log names it").parse().unwrap(), "");
    assert_eq!(own.get("/metrics").await.status, 200);
    assert_eq!(own.get("/v1/events").await.status, 404, "nothing else is there");
    server.stop().await;
}

#[tokio::test]
async fn the_log_of_production_is_json() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::strict(dir.path());
    launch.start().await.stop().await;
    let log = launch.log();
    assert!(log.lines().count() > 0);
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(entry["level"].is_string() && entry["timestamp"].is_string());
    }
}

#[tokio::test]
async fn an_attempt_in_flight_is_finished_before_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({"timeout_seconds": 1})).await;
    let receiver = Receiver::acting(|_, number| if number == 0 { Act::Hang } else { Act::Answer(204) }).await;
    let endpoint = product.endpoint(&receiver.url()).await;
    let event = product.send(json!({})).await;
    receiver.wait_for(1).await;
    server.stop().await;
    let server = launch.start().await;
    let product = product.at(&server);
    let delivery = product.delivery(&event, &endpoint).await;
    assert_eq!(
        delivery["attempts"][0]["error"], "timeout",
        "the attempt was settled before the process ended"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({"timeout_seconds": 20})).await;
    let receiver = Receiver::acting(|_, _| Act::Hang).await;
    product.endpoint(&receiver.url()).await;
    product.send(json!({})).await;
    receiver.wait_for(1).await;
    let began = Instant::now();
    server.terminate();
    let client = Client::new(server.address, "");
    until("no more connections are taken", || async { client.connect().await.is_err().then_some(()) }).await;
    server.terminate();
    let status = timeout(Duration::from_secs(10), server.ended()).await.expect("it ends at once");
    assert_ne!(status.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn an_attempt_that_outlives_the_grace_is_made_again_by_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({"timeout_seconds": 120})).await;
    let receiver = Receiver::acting(|_, number| if number == 0 { Act::Hang } else { Act::Answer(204) }).await;
    product.endpoint(&receiver.url()).await;
    product.send(json!({})).await;
    receiver.wait_for(1).await;
    server.terminate();
    let status = server.ended().await;
    assert_eq!(status.code(), Some(0), "{}", launch.log());
    let server = launch.start().await;
    receiver.wait_for(2).await;
    server.stop().await;
}
