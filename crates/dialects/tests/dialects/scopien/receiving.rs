//! "Webhook Payload", "Signature Format", "Retry Policy", "Failure Notifications": what arrives.

use std::time::Duration;

use postrider_world::Sent;
use ring::hmac;
use serde_json::{Value, json};

use super::{HOOK, SECRET, arrived, created, customer, path, request, request_with, shown};
use crate::members;

/// "Verification Process": the HMAC-SHA256 of the raw body under the secret, in hex.
fn hex_of(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body);
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks the signature over the raw body, and reads it.
pub(super) fn verified(sent: &Sent, secret: &str) -> Value {
    let expected = format!("sha256={}", hex_of(secret, &sent.body));
    assert_eq!(sent.headers["x-scopien-signature"], expected.as_str());
    super::body_of(sent)
}

#[tokio::test(start_paused = true)]
async fn a_subscribed_event_arrives_in_the_documented_structure_and_signed() {
    let customer = customer().await;
    created(&customer, request()).await;
    let data = json!({
        "id": "opp_xyz789", "name": "Acme Corp Deal", "amount": 100000, "stage": "Closed Won",
        "previousStage": "Negotiation", "updatedBy": "usr_def456",
    });
    let changes = json!({
        "stage": {"old": "Negotiation", "new": "Closed Won"}, "amount": {"old": 95000, "new": 100000},
    });
    let event = json!({
        "tenant": "t1", "type": "opportunity.updated", "timestamp": "2026-01-22T10:30:00Z",
        "data": data, "changes": changes,
    });
    let id = customer.world.post("/v1/events", event).await.expect(202).id();
    let sent = customer.world.receivers.wait_for(1).await.remove(0);
    let documented = json!({
        "id": id, "event": "opportunity.updated", "timestamp": "2026-01-22T10:30:00Z", "data": data, "changes": changes,
    });
    assert_eq!(verified(&sent, SECRET).to_string(), documented.to_string());
    assert!(id.starts_with("evt_"));
    assert_eq!(
        (sent.url.as_str(), &sent.headers["content-type"]),
        (HOOK, &"application/json".parse().unwrap())
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_subscribed_does_not_arrive_and_changes_are_left_out_where_there_are_none() {
    let customer = customer().await;
    created(&customer, request()).await;
    for event in ["lead.updated", "case.updated", "lead.created"] {
        customer.world.event(event, json!({"id": "lead_new123"})).await;
    }
    assert_eq!(arrived(&customer).await, ["lead.created"]);
    let body = verified(&customer.world.receivers.sent()[0], SECRET);
    assert_eq!(members(&body), ["id", "event", "timestamp", "data"]);
}

#[tokio::test(start_paused = true)]
async fn a_generated_secret_signs() {
    let customer = customer().await;
    let made = created(&customer, json!({"url": HOOK, "events": ["lead.created"]})).await;
    customer.world.event("lead.created", json!({})).await;
    let sent = customer.world.receivers.wait_for(1).await.remove(0);
    verified(&sent, made["secret"].as_str().unwrap());
}

#[tokio::test(start_paused = true)]
async fn six_attempts_are_made_by_the_documented_timetable() {
    let customer = customer().await;
    created(&customer, request()).await;
    customer.world.receivers.answer(HOOK, 500, b"");
    customer.world.event("lead.created", json!({})).await;
    customer.world.receivers.wait_for(1).await;
    for (attempt, wait_seconds) in [(2, 5), (3, 30), (4, 120), (5, 600), (6, 3_600)] {
        let early = Duration::from_millis(wait_seconds * 1_000 - 100);
        customer.world.pass(early).await;
        assert_eq!(customer.world.receivers.sent().len(), attempt - 1, "{wait_seconds} s are not over");
        customer.world.receivers.wait_for(attempt).await;
    }
    customer.world.pass(Duration::from_secs(24 * 3_600)).await;
    let sent = customer.world.receivers.sent();
    assert_eq!(sent.len(), 6);
    assert!(sent.iter().all(|again| again.body == sent[0].body), "with the same id");
}

#[tokio::test(start_paused = true)]
async fn a_persistent_failure_disables_the_webhook_and_another_one_is_told() {
    let customer = customer().await;
    let failing = created(&customer, request()).await;
    let watching = "https://your-app.com/watch";
    let watch = json!({"url": watching, "events": ["webhook.failed"], "secret": SECRET});
    created(&customer, watch).await;
    customer.world.receivers.answer(HOOK, 503, b"");
    customer.world.event("lead.created", json!({})).await;
    customer.world.pass(Duration::from_secs(2 * 3_600)).await;
    let sent = customer.world.receivers.sent();
    assert_eq!(sent.len(), 7, "six attempts and the notice");
    let told = sent.iter().find(|request| request.url == watching).unwrap();
    let documented = json!({
        "event": "webhook.failed", "webhookId": failing["id"], "url": HOOK, "failureCount": 6,
        "lastError": "HTTP 503", "disabled": true,
    });
    assert_eq!(verified(told, SECRET).to_string(), documented.to_string());
    assert_eq!(shown(&customer, &failing).await["status"], "disabled");
    let enable = format!("{}/enable", path(&failing));
    assert_eq!(customer.post(&enable, Value::Null).await.expect(200).json["data"]["status"], "active");
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_sent_at_100_events_in_a_second() {
    let customer = customer().await;
    created(&customer, request()).await;
    for _ in 0..350 {
        customer.world.event("lead.created", json!({})).await;
    }
    // A burst of one second's worth at once, then 100 in each second.
    customer.world.pass(Duration::from_millis(500)).await;
    let soon = customer.world.receivers.sent().len();
    assert!((100..=155).contains(&soon), "{soon} in the first half second");
    customer.world.pass(Duration::from_secs(1)).await;
    let later = customer.world.receivers.sent().len();
    assert!((195..=255).contains(&later), "{later} in 1.5 seconds");
    customer.world.receivers.wait_for(350).await;
}

#[tokio::test(start_paused = true)]
async fn custom_headers_arrive() {
    let customer = customer().await;
    let headers = json!({"X-Custom-Header": "value", "Authorization": "Bearer token123"});
    let made = created(&customer, request_with(json!({"headers": headers}))).await;
    assert_eq!(made["headers"], json!({"X-Custom-Header": "value", "Authorization": "***"}));
    customer.world.event("lead.created", json!({})).await;
    let sent = customer.world.receivers.wait_for(1).await.remove(0);
    assert_eq!(sent.headers["x-custom-header"], "value");
    assert_eq!(sent.headers["authorization"], "Bearer token123");
}
