//! ScendCore, "Webhooks API": "Webhook Payload", "Verifying Signatures", "Reliability".

use std::time::Duration;

use postrider_world::Act;
use serde_json::{Value, json};

use crate::{HOOK, LATER, delivery, outcome, post, world};

const CREATED: &str = r#"{"tenant": "uuid", "type": "contact.created", "timestamp": "2026-03-26T10:00:00Z",
    "data": {"contact_id":"uuid","email":"john@acme.com","name":"John Smith","company":"Acme Corp"}}"#;

/// "Webhook Payload": event, timestamp, tenant_id, data, in this order and nothing else.
#[tokio::test(start_paused = true)]
async fn the_documented_payload_is_sent_to_the_byte() {
    let world = world("scendcore").await;
    world.post("/v1/tenants/uuid/endpoints", json!({"url": HOOK})).await.expect(201);
    post(&world, CREATED).await;
    let sent = world.receivers.wait_for(1).await.remove(0);
    assert_eq!(
        sent.text(),
        r#"{"event":"contact.created","timestamp":"2026-03-26T10:00:00Z","tenant_id":"uuid","data":{"contact_id":"uuid","email":"john@acme.com","name":"John Smith","company":"Acme Corp"}}"#
    );
    assert_eq!(sent.header("content-type"), "application/json");
}

/// "Verifying Signatures": "If you provided a secret when subscribing, ScendCore signs every payload".
#[tokio::test(start_paused = true)]
async fn only_who_gave_a_secret_is_signed() {
    let world = world("scendcore").await;
    let other = "https://other.example/";
    world.endpoint(json!({"url": HOOK, "secret": "your-webhook-secret"})).await;
    world.endpoint(json!({"url": other})).await;
    world.event("contact.created", json!({})).await;
    world.receivers.wait_for(2).await;
    let signature = |url: &str| world.receivers.sent_to(url)[0].headers.get("x-scendcore-signature").cloned();
    let signed = signature(HOOK).unwrap();
    let hex = signed.to_str().unwrap().strip_prefix("sha256=").unwrap();
    assert!(hex.len() == 64 && hex.bytes().all(|digit| digit.is_ascii_hexdigit()), "{hex}");
    assert_eq!(signature(other), None);
}

/// "Reliability": "Webhooks are delivered with a 10-second timeout".
#[tokio::test(start_paused = true)]
async fn a_receiver_has_ten_seconds() {
    let world = world("scendcore").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    world.receivers.act(HOOK, [Act::Hang]);
    let event = world.event("contact.created", json!({})).await;
    let sent = world.receivers.wait_for(1).await.remove(0);
    assert_eq!(sent.timeout, Duration::from_secs(10));
    world.pass(Duration::from_secs(11)).await;
    let attempt = delivery(&world, &event, &endpoint).await["attempts"][0].clone();
    assert_eq!((&attempt["error"], &attempt["latency_ms"]), (&json!("timeout"), &json!(10_000)));
}

/// "Reliability": failed deliveries increment a failure counter, and nothing is said of a retry.
#[tokio::test(start_paused = true)]
async fn a_delivery_has_one_attempt_and_each_failed_one_counts() {
    let world = world("scendcore").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    world.receivers.act(HOOK, [Act::Answer(500), Act::Answer(404), Act::Answer(302), Act::Hang, Act::Refuse]);
    let mut events = Vec::new();
    for _ in 0..5 {
        events.push(world.event("contact.created", json!({})).await);
    }
    world.pass(LATER).await;
    for event in events {
        assert_eq!(outcome(&world, &event, &endpoint).await, ("failed".to_owned(), 1));
    }
    assert_eq!(world.get(&endpoint).await.expect(200).json["failure_count"], 5);
    world.event("contact.created", json!({})).await;
    world.pass(Duration::from_secs(3)).await;
    assert_eq!(world.get(&endpoint).await.expect(200).json["failure_count"], 0, "a success ends the row");
}

/// "Reliability": "After 10 consecutive failures, the subscription is automatically disabled".
#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_tenth_failure_in_a_row_and_enabling_counts_anew() {
    let world = world("scendcore").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    let fail = async |count: usize| {
        world.receivers.answer(HOOK, 503, b"");
        for _ in 0..count {
            world.event("contact.created", json!({})).await;
            world.pass(Duration::from_secs(1)).await;
        }
    };
    fail(9).await;
    world.receivers.answer(HOOK, 200, b"");
    world.event("contact.created", json!({})).await;
    world.pass(Duration::from_secs(1)).await;
    fail(9).await;
    assert_eq!(world.get(&endpoint).await.json["enabled"], true, "nine, a success, nine");
    fail(1).await;
    let shown = world.get(&endpoint).await.json;
    assert_eq!((&shown["enabled"], &shown["disabled_reason"]), (&json!(false), &json!("failures")));
    let event = world.event("contact.created", json!({})).await;
    world.pass(LATER).await;
    assert_eq!(outcome(&world, &event, &endpoint).await, ("held".to_owned(), 0));
    assert_eq!(world.receivers.sent().len(), 20);

    world.post(&format!("{endpoint}/enable"), Value::Null).await.expect(200);
    fail(9).await;
    assert_eq!(world.get(&endpoint).await.json["enabled"], true);
}
