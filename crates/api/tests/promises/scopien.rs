//! Scopien AI, "Webhooks": the payloads, the signature, the retry policy, failure notifications, custom headers, batches
//! and rates.

use std::time::Duration;

use postrider_world::{Act, Sent, World};
use serde_json::{Value, json};

use crate::{HOOK, LATER, delivery, gaps, outcome, post, since_first, world};

const OTHER: &str = "https://other.example/";

fn json_of(sent: &Sent) -> Value {
    serde_json::from_slice(&sent.body).unwrap()
}

/// "Payload Structure", "Example Payloads": id, event, timestamp, data, and `changes` only where there are any.
#[tokio::test(start_paused = true)]
async fn the_documented_payloads_are_sent_to_the_byte() {
    let world = world("scopien").await;
    world.endpoint(json!({"url": HOOK})).await;
    let updated = (
        "opportunity.updated",
        "2026-01-22T10:30:00Z",
        r#"{"id":"opp_xyz789","name":"Acme Corp Deal","amount":100000,"stage":"Closed Won","previousStage":"Negotiation","updatedBy":"usr_def456"}"#,
        Some(r#"{"stage":{"old":"Negotiation","new":"Closed Won"},"amount":{"old":95000,"new":100000}}"#),
    );
    let closed = (
        "opportunity.closed",
        "2026-01-22T10:30:00Z",
        r#"{"id":"opp_xyz789","name":"Acme Corp Deal","amount":100000,"stage":"Closed Won","closedDate":"2026-01-22","probability":100}"#,
        None,
    );
    let lead = (
        "lead.created",
        "2026-01-22T11:00:00Z",
        r#"{"id":"lead_new123","firstName":"John","lastName":"Smith","email":"john@example.com","company":"TechStart","source":"Website","status":"New"}"#,
        None,
    );
    let case = (
        "case.updated",
        "2026-01-22T11:30:00Z",
        r#"{"id":"case_abc456","subject":"Billing Issue","status":"In Progress","priority":"High","assignedTo":"usr_support01"}"#,
        Some(r#"{"status":{"old":"New","new":"In Progress"}}"#),
    );
    for (number, (kind, timestamp, data, changes)) in [updated, closed, lead, case].into_iter().enumerate() {
        let rest = changes.map(|changes| format!(r#","changes":{changes}"#)).unwrap_or_default();
        let told = format!(r#""timestamp":"{timestamp}","data":{data}{rest}"#);
        let id = post(&world, &format!(r#"{{"tenant":"t1","type":"{kind}",{told}}}"#)).await;
        let sent = world.receivers.wait_for(number + 1).await.pop().unwrap();
        assert_eq!(sent.text(), format!(r#"{{"id":"{id}","event":"{kind}",{told}}}"#));
        assert_eq!(sent.header("x-scopien-event"), kind);
    }
}

/// "Custom Headers": "Add custom headers to webhook requests".
#[tokio::test(start_paused = true)]
async fn custom_headers_are_on_every_request() {
    let world = world("scopien").await;
    let headers = json!({"X-Custom-Header": "value", "Authorization": "Bearer token123"});
    world.endpoint(json!({"url": HOOK, "headers": headers})).await;
    world.receivers.act(HOOK, [Act::Answer(500)]);
    world.event("lead.created", json!({})).await;
    for sent in world.receivers.wait_for(2).await {
        assert_eq!(
            (sent.header("x-custom-header"), sent.header("authorization")),
            ("value", "Bearer token123")
        );
        assert!(sent.header("x-scopien-signature").starts_with("sha256="));
    }
}

/// "Endpoint Requirements": "Return 200 OK within 5 seconds".
#[tokio::test(start_paused = true)]
async fn a_receiver_has_five_seconds() {
    let world = world("scopien").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    world.receivers.act(HOOK, [Act::Hang]);
    let event = world.event("lead.created", json!({})).await;
    let sent = world.receivers.wait_for(2).await;
    assert_eq!((sent[0].timeout, gaps(&sent)), (Duration::from_secs(5), vec![5 + 5]));
    let shown = delivery(&world, &event, &endpoint).await;
    assert_eq!(shown["attempts"][0]["error"], "timeout");
}

/// "Retry Policy": immediate, 5 seconds, 30 seconds, 2 minutes, 10 minutes, 1 hour (final); "Handle Duplicates": the event
/// keeps its id.
#[tokio::test(start_paused = true)]
async fn a_delivery_has_six_attempts_at_the_documented_times() {
    let world = world("scopien").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    world
        .receivers
        .act(HOOK, [Act::Answer(500), Act::Refuse, Act::Answer(404), Act::Answer(302), Act::Answer(503)]);
    world.receivers.answer(HOOK, 500, b"");
    let event = world.event("lead.created", json!({})).await;
    world.pass(Duration::from_secs(2 * 3_600)).await;
    let sent = world.receivers.sent();
    assert_eq!(gaps(&sent), [5, 30, 120, 600, 3_600]);
    assert!(sent.iter().all(|one| one.body == sent[0].body && json_of(one)["id"] == event.as_str()));
    let signature = sent[0].header("x-scopien-signature");
    assert!(sent.iter().all(|one| one.header("x-scopien-signature") == signature));
    assert_eq!(outcome(&world, &event, &endpoint).await, ("failed".to_owned(), 6));
}

/// "Failure Notifications": the body is as documented, to the field; it is signed, sent once, and to the others only.
#[tokio::test(start_paused = true)]
async fn an_exhausted_delivery_disables_the_webhook_and_tells_the_others_once() {
    let world = world("scopien").await;
    let failing =
        world.endpoint(json!({"url": HOOK, "event_types": ["lead.created", "webhook.failed"]})).await;
    let batch = json!({"max_size": 10, "max_wait_seconds": 60});
    let told = json!({"url": OTHER, "event_types": ["webhook.failed"], "secret": "its own", "batch": batch});
    world.endpoint(told).await;
    let (wild, stranger) = ("https://wild.example/", "https://stranger.example/");
    world.endpoint(json!({"url": wild, "event_types": ["*"]})).await;
    let of_another = json!({"url": stranger, "event_types": ["webhook.failed"]});
    world.post("/v1/tenants/t2/endpoints", of_another).await.expect(201);
    world.receivers.answer(HOOK, 503, b"");
    let event = world.event("lead.created", json!({})).await;
    world.pass(Duration::from_secs(2 * 3_600)).await;

    assert_eq!(outcome(&world, &event, &failing).await, ("failed".to_owned(), 6));
    let shown = world.get(&failing).await.json;
    assert_eq!((&shown["enabled"], &shown["disabled_reason"]), (&json!(false), &json!("failures")));
    let notices = world.receivers.sent_to(OTHER);
    let id = failing.rsplit('/').next().unwrap();
    let body = format!(
        r#"{{"event":"webhook.failed","webhookId":"{id}","url":"{HOOK}","failureCount":6,"lastError":"HTTP 503","disabled":true}}"#
    );
    assert_eq!(
        notices.iter().map(Sent::text).collect::<Vec<_>>(),
        [body.as_str()],
        "once, and not in a batch"
    );
    let made = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"its own"), body.as_bytes());
    assert_eq!(notices[0].header("x-scopien-signature"), format!("sha256={}", hex(made.as_ref())));
    assert_eq!(notices[0].header("x-scopien-event"), "webhook.failed");
    let to = |url: &str| {
        world.receivers.sent_to(url).iter().filter(|sent| sent.text().contains("webhook.failed")).count()
    };
    assert_eq!((to(HOOK), to(wild), to(stranger)), (0, 0, 0), "itself, a wildcard, another tenant");
}

/// "Failure Notifications" of one's own failing count for nothing.
#[tokio::test(start_paused = true)]
async fn a_notice_that_cannot_be_delivered_disables_nobody() {
    let world = world("scopien").await;
    world.endpoint(json!({"url": HOOK, "event_types": ["lead.created"]})).await;
    let told = world.endpoint(json!({"url": OTHER, "event_types": ["webhook.failed"]})).await;
    world.receivers.answer(HOOK, 500, b"");
    world.receivers.answer(OTHER, 500, b"");
    world.event("lead.created", json!({})).await;
    world.pass(Duration::from_secs(3 * 3_600)).await;
    assert_eq!(world.receivers.sent_to(OTHER).len(), 6);
    let shown = world.get(&told).await.json;
    assert_eq!((&shown["enabled"], &shown["failure_count"]), (&json!(true), &json!(0)));
}

/// "Get notified of persistent failures": one success since the delivery's first attempt, and the webhook stays.
#[tokio::test(start_paused = true)]
async fn a_webhook_that_takes_other_events_meanwhile_is_not_disabled() {
    let world = world("scopien").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    world.receivers.act(HOOK, [Act::Answer(500); 5]);
    let event = world.event("lead.created", json!({})).await;
    world.pass(Duration::from_secs(1_800)).await;
    world.event("lead.updated", json!({})).await;
    world.pass(Duration::from_secs(60)).await;
    world.receivers.answer(HOOK, 500, b"");
    world.pass(Duration::from_secs(3_600)).await;
    assert_eq!(outcome(&world, &event, &endpoint).await, ("failed".to_owned(), 6));
    assert_eq!(world.get(&endpoint).await.json["enabled"], true);
}

/// An endpoint with batches of this size and wait.
async fn batching(world: &World, max_size: u32, max_wait_seconds: u32) -> String {
    let batch = json!({"max_size": max_size, "max_wait_seconds": max_wait_seconds});
    world.endpoint(json!({"url": HOOK, "batch": batch, "secret": "s"})).await
}

/// The `data.n` of each event of a batch.
fn members(sent: &Sent) -> Vec<u64> {
    let body = json_of(sent);
    assert_eq!(body.as_object().unwrap().len(), 1, "nothing beside events: {body}");
    body["events"].as_array().unwrap().iter().map(|event| event["data"]["n"].as_u64().unwrap()).collect()
}

/// "Batch Webhooks": `maxBatchSize`, `maxWaitTime`, and `{"events": […]}` with one signature over all of it.
#[tokio::test(start_paused = true)]
async fn a_batch_goes_when_it_is_full_or_has_waited() {
    let world = world("scopien").await;
    let endpoint = batching(&world, 3, 60).await;
    let mut ids = Vec::new();
    for n in 1..=4 {
        ids.push(world.event("lead.created", json!({"n": n})).await);
    }
    world.pass(Duration::from_secs(59)).await;
    assert_eq!(world.receivers.sent().iter().map(members).collect::<Vec<_>>(), [vec![1, 2, 3]]);
    let sent = world.receivers.wait_for(2).await;
    assert_eq!((members(&sent[1]), gaps(&sent)), (vec![4], vec![60]), "a batch of one is still a batch");
    for one in &sent {
        let made = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"s"), &one.body);
        assert_eq!(one.header("x-scopien-signature"), format!("sha256={}", hex(made.as_ref())));
        assert!(one.headers.get("x-scopien-event").is_none(), "a batch has no type of its own");
    }
    let envelope = &json_of(&sent[0])["events"][0];
    assert_eq!((&envelope["id"], &envelope["event"]), (&json!(ids[0]), &json!("lead.created")));
    world.pass(Duration::from_secs(5)).await;
    for id in ids {
        assert_eq!(outcome(&world, &id, &endpoint).await, ("delivered".to_owned(), 1));
    }
}

/// "Retry Policy" holds for the events of a batch too: each is tried six times.
#[tokio::test(start_paused = true)]
async fn the_events_of_a_failed_batch_are_tried_again_by_the_timetable() {
    let world = world("scopien").await;
    let endpoint = batching(&world, 2, 1).await;
    world.receivers.act(HOOK, [Act::Answer(500); 3]);
    let ids = [
        world.event("lead.created", json!({"n": 1})).await,
        world.event("lead.created", json!({"n": 2})).await,
    ];
    world.pass(LATER).await;
    for id in &ids {
        let shown = delivery(&world, id, &endpoint).await;
        let attempts = shown["attempts"].as_array().unwrap();
        assert_eq!((&shown["status"], attempts.len()), (&json!("delivered"), 4), "{shown}");
    }
    let first: Vec<_> =
        world.receivers.sent().into_iter().filter(|sent| members(sent).contains(&1)).collect();
    // Grouped anew each time, they may wait for others as long as the batch's wait.
    let since: Vec<_> = since_first(&first).into_iter().zip([0, 5, 35, 155]).collect();
    assert!(since.iter().all(|(at, due)| (*due..=due + 4).contains(at)), "{since:?}");
}

/// "Rate Limiting": "Up to 100 events/second".
#[tokio::test(start_paused = true)]
async fn no_more_than_a_hundred_events_go_in_a_second() {
    let world = world("scopien").await;
    world.endpoint(json!({"url": HOOK})).await;
    burst(&world, 450).await;
    let sent = world.receivers.wait_for(450).await;
    within_rate(&sent, 100);
    let took = sent[449].at.duration_since(sent[0].at);
    assert!((3_400..5_000).contains(&took.as_millis()), "{took:?}: the rate is used too");
}

/// "Rate Limiting": "Batch mode: 10 batches/second".
#[tokio::test(start_paused = true)]
async fn no_more_than_ten_batches_go_in_a_second() {
    let world = world("scopien").await;
    batching(&world, 5, 1).await;
    burst(&world, 200).await;
    let sent = world.receivers.wait_for(40).await;
    within_rate(&sent, 10);
    let took = sent[39].at.duration_since(sent[0].at);
    assert!((2_900..5_000).contains(&took.as_millis()), "{took:?}: the rate is used too");
    assert_eq!(sent.iter().map(|one| members(one).len()).sum::<usize>(), 200);
}

async fn burst(world: &World, count: usize) {
    let event = |n: usize| json!({"tenant": "t1", "type": "lead.created", "data": {"n": n}});
    let events: Vec<_> = (0..count).map(event).collect();
    world.post("/v1/events/batch", json!({"events": events})).await.expect(202);
}

/// A burst of one second's worth is allowed (DESIGN 4.4): in any t seconds at most rate × (t + 1) requests.
fn within_rate(sent: &[Sent], rate: usize) {
    for (from, first) in sent.iter().enumerate() {
        for (to, last) in sent.iter().enumerate().skip(from) {
            let allowed = (last.at.duration_since(first.at).as_secs_f64() + 1.0) * rate as f64 + 1.0;
            assert!((to - from + 1) as f64 <= allowed, "{from}..={to}");
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
