//! The document "Webhooks API" of ScendCore. What is delivered is proved elsewhere; here are its routes.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::{Customer, members, refused};

const SUBSCRIBE: &str = "/api/v1/webhooks/subscribe";
const HOOK: &str = "https://your-app.com/webhooks/scendcore";

/// The document's "Available Events", in their order.
const EVENTS: [&str; 15] = [
    "contact.created",
    "contact.updated",
    "opportunity.created",
    "opportunity.updated",
    "opportunity.stage_changed",
    "meeting.booked",
    "meeting.cancelled",
    "meeting.no_show",
    "sequence.enrolled",
    "sequence.completed",
    "sequence.unenrolled",
    "conversation.created",
    "conversation.override",
    "call.completed",
    "call.quality_scored",
];

fn request() -> Value {
    json!({
        "url": HOOK,
        "events": ["contact.created", "opportunity.updated", "meeting.booked"],
        "secret": "your-webhook-secret",
    })
}

async fn subscribed(customer: &Customer) -> Value {
    customer.post(SUBSCRIBE, request()).await.expect(201).json["subscription"].clone()
}

async fn listed(customer: &Customer) -> Value {
    customer.get(SUBSCRIBE).await.expect(200).json["subscriptions"][0].clone()
}

async fn contact_created(customer: &Customer) {
    let event = json!({"tenant": "t1", "type": "contact.created", "data": {"contact_id": "c"}});
    customer.world.post("/v1/events", event).await.expect(202);
}

#[tokio::test(start_paused = true)]
async fn subscribing_answers_201_with_the_documented_subscription() {
    let customer = Customer::of("scendcore").await;
    let answer = customer.post(SUBSCRIBE, request()).await.expect(201);
    assert_eq!(members(&answer.json), ["subscription"]);
    let subscription = &answer.json["subscription"];
    assert_eq!(members(subscription), ["id", "url", "events", "is_active"]);
    let id = subscription["id"].as_str().unwrap();
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "the id is a UUID: {id}");
    assert_eq!(subscription["url"], HOOK);
    assert_eq!(subscription["events"], request()["events"]);
    assert_eq!(subscription["is_active"], true);
}

#[tokio::test(start_paused = true)]
async fn the_list_shows_every_documented_field_and_the_available_events() {
    let customer = Customer::of("scendcore").await;
    let id = subscribed(&customer).await["id"].clone();
    let list = customer.get(SUBSCRIBE).await.expect(200).json;
    assert_eq!(members(&list), ["subscriptions", "available_events"]);
    assert_eq!(list["available_events"], json!(EVENTS));
    let one = &list["subscriptions"][0];
    assert_eq!(members(one), ["id", "url", "events", "is_active", "failure_count", "last_triggered_at"]);
    assert_eq!(one["id"], id);
    assert_eq!((&one["failure_count"], &one["last_triggered_at"]), (&json!(0), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn last_triggered_at_is_the_start_of_the_latest_attempt_in_whole_seconds() {
    let customer = Customer::of("scendcore").await;
    subscribed(&customer).await;
    contact_created(&customer).await;
    customer.world.receivers.wait_for(1).await;
    customer.world.pass(Duration::from_secs(5)).await;
    assert_eq!(listed(&customer).await["last_triggered_at"], "2026-01-22T10:30:00Z");
}

#[tokio::test(start_paused = true)]
async fn failures_are_counted_a_success_resets_them_and_the_tenth_in_a_row_disables() {
    let customer = Customer::of("scendcore").await;
    subscribed(&customer).await;
    let fail = async |count: usize| {
        customer.world.receivers.answer(HOOK, 500, b"");
        for _ in 0..count {
            let sent = customer.world.receivers.sent().len();
            contact_created(&customer).await;
            customer.world.receivers.wait_for(sent + 1).await;
        }
        customer.world.pass(Duration::from_secs(3)).await;
    };
    fail(9).await;
    assert_eq!(listed(&customer).await["failure_count"], 9);
    customer.world.receivers.answer(HOOK, 204, b"");
    contact_created(&customer).await;
    customer.world.receivers.wait_for(10).await;
    customer.world.pass(Duration::from_secs(3)).await;
    assert_eq!(listed(&customer).await["failure_count"], 0);

    fail(9).await;
    assert_eq!(listed(&customer).await["is_active"], true);
    fail(1).await;
    let off = listed(&customer).await;
    assert_eq!((&off["failure_count"], &off["is_active"]), (&json!(10), &json!(false)));
    assert_eq!(customer.world.receivers.sent().len(), 20, "one attempt for each event");
}

#[tokio::test(start_paused = true)]
async fn an_eleventh_active_subscription_is_refused_until_one_is_given_up() {
    let customer = Customer::of("scendcore").await;
    for _ in 0..10 {
        subscribed(&customer).await;
    }
    let message = refused(customer.post(SUBSCRIBE, request()).await, 422);
    assert!(message.contains("10"), "{message}");

    let id = listed(&customer).await["id"].clone();
    let disable = format!("/v1/tenants/t1/endpoints/{}/disable", id.as_str().unwrap());
    customer.world.post(&disable, Value::Null).await.expect(200);
    subscribed(&customer).await;
    refused(customer.post(SUBSCRIBE, request()).await, 422);

    // Enabling counts as creating (DESIGN 4.4).
    let one = disable.trim_end_matches("/disable");
    customer.world.post(&format!("{one}/enable"), Value::Null).await.expect(422);
    customer.world.patch(one, json!({"enabled": true})).await.expect(422);
}

#[tokio::test(start_paused = true)]
async fn subscriptions_made_at_once_are_no_more_than_ten() {
    let customer = Customer::of("scendcore").await;
    let made = futures::future::join_all((0..20).map(|_| customer.post(SUBSCRIBE, request()))).await;
    assert_eq!(made.iter().filter(|answer| answer.status == 201).count(), 10);
    assert_eq!(made.iter().filter(|answer| answer.status == 422).count(), 10);
}

#[tokio::test(start_paused = true)]
async fn unknown_events_are_refused_naming_the_available_ones() {
    let customer = Customer::of("scendcore").await;
    let body = json!({"url": HOOK, "events": ["contact.created", "contact.deleted"]});
    let message = refused(customer.post(SUBSCRIBE, body).await, 422);
    assert!(message.contains("events[1]") && message.contains("contact.deleted"), "{message}");
    for event in EVENTS {
        assert!(message.contains(event), "{event} is not named: {message}");
    }
    let wildcard = json!({"url": HOOK, "events": ["contact.*"]});
    let message = refused(customer.post(SUBSCRIBE, wildcard).await, 422);
    assert!(message.contains("events[0]") && message.contains("call.quality_scored"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_empty_or_of_the_wrong_type_is_named() {
    let customer = Customer::of("scendcore").await;
    let events = json!(["contact.created"]);
    for (body, field) in [
        (json!({"events": events}), "url"),
        (json!({"url": "", "events": events}), "url"),
        (json!({"url": "your-app", "events": events}), "url"),
        (json!({"url": 1, "events": events}), "url"),
        (json!({"url": HOOK}), "events"),
        (json!({"url": HOOK, "events": []}), "events"),
        (json!({"url": HOOK, "events": "contact.created"}), "events"),
        (json!({"url": HOOK, "events": [1]}), "events"),
        (json!({"url": HOOK, "events": events, "secret": ""}), "secret"),
        (json!({"url": HOOK, "events": events, "secret": 7}), "secret"),
    ] {
        let message = refused(customer.post(SUBSCRIBE, body.clone()).await, 422);
        assert!(message.contains(field), "{body}: {message}");
    }
    refused(customer.world.send(crate::KEY, Method::POST, SUBSCRIBE, &[], b"{".to_vec()).await, 400);
}

#[tokio::test(start_paused = true)]
async fn urls_must_be_https_and_public() {
    let customer = Customer::of("scendcore").await;
    for url in ["http://your-app.com/x", "https://127.0.0.1/x", "https://10.0.0.1/x", "https://localhost/x"] {
        let body = json!({"url": url, "events": ["contact.created"]});
        assert!(refused(customer.post(SUBSCRIBE, body).await, 422).starts_with("url: "), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn fields_the_document_does_not_know_are_ignored() {
    let customer = Customer::of("scendcore").await;
    let body = json!({"url": HOOK, "events": ["contact.created"], "colour": "red"});
    customer.post(SUBSCRIBE, body).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn both_routes_need_the_scope_webhooks_write() {
    let customer = Customer::of("scendcore").await;
    let reader = customer.key(&["webhooks:read"]).await;
    let writer = customer.key(&["webhooks:write"]).await;
    for (method, body) in [(Method::GET, Value::Null), (Method::POST, request())] {
        let denied = customer.world.call_as(&reader, method.clone(), SUBSCRIBE, body.clone()).await;
        assert!(refused(denied, 403).contains("webhooks:write"));
        let answer = customer.world.call_as(&writer, method, SUBSCRIBE, body).await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_sees_only_its_own_subscriptions() {
    let customer = Customer::of("scendcore").await;
    subscribed(&customer).await;
    let stranger = customer.stranger().await;
    let list = customer.world.call_as(stranger, Method::GET, SUBSCRIBE, Value::Null).await.expect(200);
    assert_eq!(list.json["subscriptions"], json!([]));
}
