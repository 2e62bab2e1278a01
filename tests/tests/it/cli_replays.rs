//! `postrider replay`.

use postrider_tests::{Endpoint, Launch, Product, Receiver, Server, until};
use serde_json::json;

/// A product whose endpoint holds three events.
async fn held(server: &Server, receiver: &Receiver) -> (Product, Endpoint) {
    let product = Product::create(server, json!({})).await;
    let endpoint = product.endpoint(&receiver.url()).await;
    let _ = product.cli().run(&["endpoint", "disable", &endpoint.id]).await.expect(0);
    for number in 0..3 {
        product.send(json!({"n": number})).await;
    }
    let _ = product.cli().run(&["endpoint", "enable", &endpoint.id]).await.expect(0);
    (product, endpoint)
}

#[tokio::test]
async fn a_replay_is_counted_started_followed_to_its_end_and_listed() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let receiver = Receiver::start().await;
    let (product, endpoint) = held(&server, &receiver).await;
    let cli = product.cli();
    let start = ["replay", "start", &endpoint.id, "--since", "1h", "--type", "thing.*"];
    let counted = cli.run(&[&start[..], &["--dry-run"]].concat()).await.expect(0);
    assert_eq!(counted.out, "3 deliveries would be sent again; nothing was\n");
    assert!(receiver.arrived().is_empty());

    let followed = cli.run(&[&start[..], &["--follow"]].concat()).await.expect(0);
    assert!(
        followed.out.contains("3 of 3 sent again") && followed.out.trim_end().ends_with("is done"),
        "{followed:?}"
    );
    assert!(followed.err.is_empty(), "bars are for terminals: {followed:?}");
    receiver.wait_for(3).await;

    let list = cli.run(&["replay", "list"]).await.expect(0).out;
    assert!(list.contains("done") && list.contains("3 of 3 sent again"), "{list}");
    let rows = cli.run(&["replay", "list", "--json"]).await.expect(0).documents();
    let id = rows[0]["id"].as_str().unwrap();
    let shown = cli.run(&["replay", "show", id, "--follow", "--json"]).await.expect(0).document();
    assert_eq!((&shown["status"], &shown["reopened"]), (&json!("done"), &json!(3)));
    let late = cli.run(&["replay", "cancel", id]).await.expect(1);
    assert!(late.err.contains("409"), "{late:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_slow_replay_is_left_by_ctrl_c_and_stopped_by_cancel() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let receiver = Receiver::start().await;
    let (product, endpoint) = held(&server, &receiver).await;
    let cli = product.cli();
    let follow = cli.start(&["replay", "start", &endpoint.id, "--per-second", "1", "--follow"]);
    let id = until("the replay is there", || async {
        let rows = cli.run(&["replay", "list", "--json"]).await.expect(0).documents();
        rows.first().and_then(|row| row["id"].as_str().map(str::to_owned))
    })
    .await;
    assert_eq!(follow.interrupt().await, Some(0));
    let shown = cli.run(&["replay", "show", &id, "--json"]).await.expect(0).document();
    assert_eq!(shown["status"], "running", "looking away does not stop it");
    let cancelled = cli.run(&["replay", "cancel", &id]).await.expect(0).out;
    assert!(cancelled.lines().any(|line| line == "status    cancelled"), "{cancelled}");
    server.stop().await;
}

#[tokio::test]
async fn a_replay_of_nothing_known_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let endpoint = product.endpoint("http://127.0.0.1:1/").await;
    let cli = product.cli();
    let _ = cli.run(&["replay", "show", "rpl_nothing"]).await.expect(1);
    let wrong = cli.run(&["replay", "start", &endpoint.id, "--status", "lost"]).await.expect(1);
    assert!(wrong.err.contains("/status"), "{wrong:?}");
    let wrong = cli.run(&["replay", "start", &endpoint.id, "--until", "tomorrow"]).await.expect(2);
    assert!(wrong.err.contains("--until"), "{wrong:?}");
    let wrong = cli.run(&["replay", "start", &endpoint.id, "--dry-run", "--follow"]).await.expect(2);
    assert!(wrong.err.contains("--follow"), "{wrong:?}");
    server.stop().await;
}
