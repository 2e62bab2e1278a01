//! `postrider tail`.

use postrider_tests::{Act, Launch, Product, Receiver, until};
use serde_json::{Value, json};

#[tokio::test]
async fn tail_shows_deliveries_as_they_come_and_every_change_of_their_state() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": [1]}})).await;
    let receiver = Receiver::acting(|_, number| Act::Answer(if number == 1 { 503 } else { 204 })).await;
    product.endpoint(&receiver.url()).await;
    let before = product.send(json!({"n": 0})).await;
    receiver.wait_for(1).await;

    let mut tail = product.cli().start(&["tail", "--interval", "0.1"]);
    // The first line says that it watches; it may still have been pending a moment ago.
    while !tail.line().await.contains("✓ delivered") {}
    let event = product.send(json!({"n": 1})).await;
    assert_ne!(event, before);
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.contains("✓ delivered")) {
        let line = tail.line().await;
        assert!(line.contains(&event) && line.contains("thing.happened for t1"), "{line}");
        lines.push(line);
    }
    assert!(
        lines.iter().any(|line| line.contains("· pending")
            && line.contains("#1 503 in ")
            && line.contains(", again in ")),
        "{lines:?}"
    );
    assert!(lines.last().unwrap().contains("#2 204 in "), "{lines:?}");
    let mut distinct = lines.clone();
    distinct.dedup();
    assert_eq!(lines, distinct, "nothing is told twice");
    assert_eq!(tail.interrupt().await, Some(0));
    server.stop().await;
}

#[tokio::test]
async fn a_delivery_that_was_pending_before_tail_began_is_told_when_it_fails() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": [2]}})).await;
    let receiver = Receiver::acting(|_, _| Act::Answer(500)).await;
    product.endpoint(&receiver.url()).await;
    let event = product.send(json!({})).await;
    receiver.wait_for(1).await;
    let args = ["tail", "-n", "0", "--status", "failed", "--limit", "1", "--interval", "0.1", "--json"];
    let told = product.cli().run(&args).await.expect(0).document();
    assert_eq!((&told["event"], &told["status"]), (&json!(event), &json!("failed")));
    assert_eq!(told["attempt_count"], 2);
    server.stop().await;
}

#[tokio::test]
async fn once_shows_the_latest_that_the_filters_let_through_newest_last() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    let wanted = product.endpoint(&first.url()).await;
    product.endpoint(&second.url()).await;
    let mut events = Vec::new();
    for number in 0..4 {
        events.push(product.send(json!({"n": number})).await);
    }
    let shown = async |args: &[&str]| -> Vec<Value> {
        let args = [&["tail", "--once", "--json"], args].concat();
        product.cli().run(&args).await.expect(0).documents()
    };
    let rows = shown(&["--endpoint", &wanted.id, "-n", "3"]).await;
    let seen: Vec<_> = rows.iter().map(|row| row["event"].as_str().unwrap()).collect();
    assert_eq!(seen, events[1..].iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(shown(&["-n", "100"]).await.len(), 8);
    assert!(shown(&["--type", "other.type"]).await.is_empty());
    assert!(shown(&["--tenant", "t2"]).await.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn tail_ends_when_nobody_reads_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    product.endpoint(&receiver.url()).await;
    let tail = product.cli().start(&["tail", "--interval", "0.1"]).unread();
    until("it has ended", || async {
        product.send(json!({})).await;
        tail.has_ended().then_some(())
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn tail_says_when_it_cannot() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let cli = Product::create(&server, json!({})).await.cli();
    let _ = cli.run(&["tail", "--once", "--key", "sk_live_wrong"]).await.expect(1);
    let _ = cli.run(&["tail", "--once", "--status", "lost"]).await.expect(2);
    let _ = cli.run(&["tail", "--once", "--limit", "3"]).await.expect(2);
    let mut tail = cli.start(&["tail", "--interval", "0.1"]);
    server.stop().await;
    assert_eq!(tail.next_line().await, None);
    assert_eq!(tail.ended().await, Some(3), "a server that went away does not answer");
}
