//! `postrider send`.

use postrider_tests::{Launch, Product, Receiver};
use serde_json::json;

#[tokio::test]
async fn a_file_of_more_events_than_one_request_holds_is_sent_whole() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    product.endpoint(&receiver.url()).await;
    let events: Vec<_> =
        (0..1_001).map(|number| json!({"tenant": "t1", "type": "a.b", "data": {"n": number}})).collect();
    let file = dir.path().join("events.json");
    std::fs::write(&file, json!(events).to_string()).unwrap();
    let file = file.to_str().unwrap();
    let told = product.cli().run(&["send", "--file", file]).await.expect(0);
    assert_eq!(told.out, "1001 events accepted, 1001 deliveries\n");
    assert!(told.err.is_empty(), "bars are for terminals: {told:?}");
    receiver.wait_for(1_001).await;
    let accepted = product.cli().run(&["send", "--json", "--file", file]).await.expect(0).documents();
    assert_eq!(accepted.len(), 1_001);
    server.stop().await;
}

#[tokio::test]
async fn where_a_later_part_of_a_file_is_refused_it_is_told_how_much_was_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let mut events = vec![json!({"tenant": "t1", "type": "a.b", "data": {}}); 1_000];
    events.push(json!({"tenant": "t1", "type": "a.b", "data": {}, "colour": "red"}));
    let refused =
        product.cli().run_with(&["send", "--file", "-"], &json!(events).to_string()).await.expect(1);
    assert!(refused.err.contains("colour"), "{refused:?}");
    assert!(
        refused.err.ends_with("the first 1000 events were accepted, the others were not\n"),
        "{refused:?}"
    );
    server.stop().await;
}

#[tokio::test]
async fn sending_one_event_is_told_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let cli = product.cli();
    let send = ["send", "--tenant", "t1", "--type", "a.b", "--data", "-"];
    let told = cli.run_with(&send, "{}").await.expect(0).out;
    assert!(told.starts_with("evt_") && told.ends_with(" accepted; no endpoint wants it\n"), "{told}");
    let wrong = cli.run_with(&send, "{").await.expect(2);
    assert!(wrong.err.contains("not JSON"), "{wrong:?}");
    let half = cli.run(&["send", "--tenant", "t1"]).await.expect(2);
    assert!(half.err.contains("--type"), "{half:?}");
    let missing = cli.run(&["send", "--file", "/nowhere/events.json"]).await.expect(2);
    assert!(missing.err.contains("/nowhere/events.json"), "{missing:?}");
    let refused =
        cli.run_with(&["send", "--file", "-"], r#"[{"tenant": "t1", "type": "a b*"}]"#).await.expect(1);
    assert!(refused.err.contains("/events/0"), "the event is named: {refused:?}");
    server.stop().await;
}
