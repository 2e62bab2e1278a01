//! The document of "Outbound event subscriptions": `/api/v1/webhooks`. It names no vendor.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::{Customer, KEY, members, refused};

const WEBHOOKS: &str = "/api/v1/webhooks";
const HOOK: &str = "https://crm-bridge.example.com/webhook";
const COMMON: [&str; 7] =
    ["id", "url", "events", "description", "signing_secret_prefix", "enabled", "created_at"];
const DELIVERY: [&str; 7] =
    ["id", "event", "status", "response_status", "latency_ms", "attempt", "delivered_at"];

fn request() -> Value {
    json!({
        "url": HOOK,
        "events": ["call.qualified", "lead.created", "claim.scope.ready"],
        "description": "Production CRM bridge",
    })
}

async fn created(customer: &Customer) -> Value {
    customer.post(WEBHOOKS, request()).await.expect(201).json
}

fn path(subscription: &Value) -> String {
    format!("{WEBHOOKS}/{}", subscription["id"].as_str().unwrap_or_default())
}

async fn deliveries(customer: &Customer, subscription: &Value, query: &str) -> Value {
    customer.get(&format!("{}/deliveries{query}", path(subscription))).await.expect(200).json
}

fn numbers(page: &Value) -> Vec<u64> {
    let attempts = page["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    attempts.iter().filter_map(|attempt| attempt["attempt"].as_u64()).collect()
}

#[tokio::test(start_paused = true)]
async fn creating_shows_the_signing_secret_with_its_prefix_and_the_warning() {
    let customer = Customer::of("lead-intake").await;
    let answer = created(&customer).await;
    assert_eq!(members(&answer), [&COMMON[..], &["signing_secret", "_warning"]].concat());
    let id = answer["id"].as_str().unwrap();
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "the id is a UUID: {id}");
    for field in ["url", "events", "description"] {
        assert_eq!(answer[field], request()[field], "{field}");
    }
    assert_eq!(
        (&answer["enabled"], &answer["created_at"]),
        (&json!(true), &json!("2026-01-22T10:30:00.000Z"))
    );
    let secret = answer["signing_secret"].as_str().unwrap();
    assert_eq!((secret.len(), &secret[..6]), (38, "whsec_"));
    assert_eq!(answer["signing_secret_prefix"], secret[..12]);
    assert_eq!(answer["_warning"], "Save this signing_secret now. It will not be shown again.");
}

#[tokio::test(start_paused = true)]
async fn the_list_and_a_single_get_show_the_subscription_without_its_secret() {
    let customer = Customer::of("lead-intake").await;
    let made = created(&customer).await;
    let list = customer.get(WEBHOOKS).await.expect(200).json;
    assert_eq!(members(&list), ["data"]);
    let one = customer.get(&path(&made)).await.expect(200).json;
    assert_eq!(members(&one), [&COMMON[..], &["last_delivery_at", "last_delivery_status"]].concat());
    assert_eq!(one, list["data"][0]);
    for field in COMMON {
        assert_eq!(one[field], made[field], "{field}");
    }
    assert_eq!((&one["last_delivery_at"], &one["last_delivery_status"]), (&Value::Null, &Value::Null));
    assert!(!one.to_string().contains(made["signing_secret"].as_str().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn the_description_may_be_left_out_and_is_null_then() {
    let customer = Customer::of("lead-intake").await;
    let body = json!({"url": HOOK, "events": ["review.requested"]});
    assert_eq!(customer.post(WEBHOOKS, body).await.expect(201).json["description"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn the_last_delivery_is_shown_with_its_time_and_status() {
    let customer = Customer::of("lead-intake").await;
    let made = created(&customer).await;
    customer.world.receivers.answer(HOOK, 503, b"");
    customer.world.event("lead.created", json!({})).await;
    customer.world.receivers.wait_for(1).await;
    customer.world.pass(Duration::from_secs(2)).await;
    let one = customer.get(&path(&made)).await.expect(200).json;
    assert_eq!(one["last_delivery_status"], 503);
    assert!(one["last_delivery_at"].as_str().unwrap().starts_with("2026-01-22T10:30:00."), "{one}");
}

#[tokio::test(start_paused = true)]
async fn deleting_answers_the_id_and_stops_sending_immediately() {
    let customer = Customer::of("lead-intake").await;
    let made = created(&customer).await;
    let answer = customer.world.call_as(KEY, Method::DELETE, &path(&made), Value::Null).await.expect(200);
    assert_eq!(answer.text, json!({"id": made["id"], "deleted": true}).to_string());
    let shouted = format!("{WEBHOOKS}/{}", created(&customer).await["id"].as_str().unwrap().to_uppercase());
    let answer = customer.world.call_as(KEY, Method::DELETE, &shouted, Value::Null).await.expect(200).json;
    assert_eq!(
        answer["id"],
        answer["id"].as_str().unwrap().to_lowercase(),
        "the id as the document writes it"
    );
    customer.world.event("lead.created", json!({})).await;
    customer.world.pass(Duration::from_secs(60)).await;
    assert!(customer.world.receivers.sent().is_empty());
    refused(customer.get(&path(&made)).await, 404);
}

#[tokio::test(start_paused = true)]
async fn rotating_shows_a_new_secret_and_both_sign_for_24_hours() {
    let customer = Customer::of("lead-intake").await;
    let made = created(&customer).await;
    let rotate = format!("{}/rotate-secret", path(&made));
    let answer = customer.world.call_as(KEY, Method::POST, &rotate, Value::Null).await.expect(200).json;
    assert_eq!(members(&answer), ["id", "url", "signing_secret_prefix", "signing_secret", "_warning"]);
    let secret = answer["signing_secret"].as_str().unwrap();
    assert_ne!(secret, made["signing_secret"].as_str().unwrap());
    assert_eq!(answer["signing_secret_prefix"], secret[..12]);
    assert_eq!(
        answer["_warning"],
        "Save this signing_secret now. It will not be shown again. The previous secret remains valid for 24 hours."
    );
    let shown = customer.get(&path(&made)).await.expect(200).json;
    assert_eq!(shown["signing_secret_prefix"], secret[..12]);

    let signatures = async |sent: usize| {
        customer.world.event("lead.created", json!({})).await;
        let request = customer.world.receivers.wait_for(sent).await.pop().unwrap();
        request.headers["webhook-signature"].to_str().unwrap().split(' ').count()
    };
    customer.world.pass(Duration::from_secs(24 * 3_600 - 60)).await;
    assert_eq!(signatures(1).await, 2, "the day is not over");
    customer.world.pass(Duration::from_secs(61)).await;
    assert_eq!(signatures(2).await, 1, "the day is over");
}

#[tokio::test(start_paused = true)]
async fn deliveries_lists_every_attempt_latest_first() {
    let customer = Customer::of("lead-intake").await;
    let made = created(&customer).await;
    customer.world.receivers.answer(HOOK, 500, b"");
    customer.world.event("lead.created", json!({})).await;
    customer.world.receivers.wait_for(1).await;
    customer.world.receivers.answer(HOOK, 200, b"");
    customer.world.receivers.wait_for(2).await;
    customer.world.event("call.qualified", json!({})).await;
    customer.world.receivers.wait_for(3).await;
    customer.world.pass(Duration::from_secs(2)).await;

    let list = deliveries(&customer, &made, "").await;
    assert_eq!(members(&list), ["data", "next_cursor"]);
    assert_eq!(list["next_cursor"], Value::Null);
    let rows = list["data"].as_array().unwrap();
    for row in rows {
        assert_eq!(members(row), DELIVERY);
        assert!(row["id"].as_str().unwrap().starts_with("whd_"));
        assert!(row["latency_ms"].is_u64());
    }
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            json!([
                row["event"],
                row["status"],
                row["response_status"],
                row["attempt"],
                row["delivered_at"].is_null()
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["call.qualified", "delivered", 200, 1, false]),
            json!(["lead.created", "delivered", 200, 2, false]),
            json!(["lead.created", "failed", 500, 1, true]),
        ]
    );
    assert!(rows[0]["delivered_at"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test(start_paused = true)]
async fn deliveries_shows_at_most_100_attempts_and_the_cursor_leads_to_the_older_ones() {
    let customer = Customer::of("lead-intake").await;
    let made = created(&customer).await;
    for _ in 0..130 {
        customer.world.event("lead.created", json!({})).await;
    }
    customer.world.receivers.wait_for(130).await;
    customer.world.pass(Duration::from_secs(2)).await;
    let first = deliveries(&customer, &made, "?limit=1000").await;
    assert_eq!(numbers(&first).len(), 100);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = deliveries(&customer, &made, &format!("?cursor={cursor}")).await;
    assert_eq!((numbers(&rest).len(), &rest["next_cursor"]), (30, &Value::Null));
    let ids = |page: &Value| {
        page["data"].as_array().unwrap().iter().map(|row| row["id"].to_string()).collect::<Vec<_>>()
    };
    let mut all = [ids(&first), ids(&rest)].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 130, "no attempt is shown twice");
}

#[tokio::test(start_paused = true)]
async fn a_page_may_end_between_two_attempts_of_one_delivery() {
    let customer = Customer::of("lead-intake").await;
    let made = created(&customer).await;
    customer.world.receivers.answer(HOOK, 500, b"");
    for _ in 0..2 {
        customer.world.event("lead.created", json!({})).await;
    }
    customer.world.receivers.wait_for(6).await;
    customer.world.pass(Duration::from_secs(2)).await;
    let mut seen = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = deliveries(&customer, &made, &query).await;
        seen.extend(numbers(&page));
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, [3, 2, 1, 3, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn unknown_events_are_refused_naming_all_11_valid_ones() {
    let customer = Customer::of("lead-intake").await;
    let body = json!({"url": HOOK, "events": ["lead.deleted"]});
    let message = refused(customer.post(WEBHOOKS, body).await, 422);
    for event in [
        "call.received",
        "call.classified",
        "call.qualified",
        "lead.created",
        "lead.updated",
        "outreach.email.sent",
        "outreach.email.replied",
        "claim.scope.ready",
        "review.requested",
        "review.received",
        "audit.log.event",
    ] {
        assert!(message.contains(event), "{event} is not named: {message}");
        let body = json!({"url": HOOK, "events": [event]});
        customer.post(WEBHOOKS, body).await.expect(201);
    }
}

#[tokio::test(start_paused = true)]
async fn bad_input_names_the_field() {
    let customer = Customer::of("lead-intake").await;
    let events = json!(["lead.created"]);
    for (body, field) in [
        (json!({"events": events}), "url"),
        (json!({"url": "http://crm.example.com", "events": events}), "url"),
        (json!({"url": "https://[::1]/", "events": events}), "url"),
        (json!({"url": HOOK}), "events"),
        (json!({"url": HOOK, "events": []}), "events"),
        (json!({"url": HOOK, "events": {}}), "events"),
        (json!({"url": HOOK, "events": ["lead.*"]}), "events[0]"),
        (json!({"url": HOOK, "events": events, "description": []}), "description"),
    ] {
        let message = refused(customer.post(WEBHOOKS, body.clone()).await, 422);
        assert!(message.starts_with(field), "{body}: {message}");
    }
    let made = created(&customer).await;
    for query in ["?limit=0", "?limit=x", "?cursor=zz"] {
        refused(customer.get(&format!("{}/deliveries{query}", path(&made))).await, 422);
    }
    refused(customer.world.send(KEY, Method::POST, WEBHOOKS, &[], b"url=1".to_vec()).await, 400);
}

#[tokio::test(start_paused = true)]
async fn reading_needs_read_and_everything_else_admin() {
    let customer = Customer::of("lead-intake").await;
    let made = created(&customer).await;
    let nobody = customer.key(&["events:write"]).await;
    let reader = customer.key(&["webhooks:read"]).await;
    let writer = customer.key(&["webhooks:write"]).await;
    let one = path(&made);
    for path in [WEBHOOKS.to_owned(), one.clone(), format!("{one}/deliveries")] {
        refused(customer.world.call_as(&nobody, Method::GET, &path, Value::Null).await, 403);
        customer.world.call_as(&reader, Method::GET, &path, Value::Null).await.expect(200);
    }
    for (method, path, body) in [
        (Method::POST, WEBHOOKS.to_owned(), request()),
        (Method::POST, format!("{one}/rotate-secret"), Value::Null),
        (Method::DELETE, one.clone(), Value::Null),
    ] {
        for key in [&reader, &writer] {
            let message =
                refused(customer.world.call_as(key, method.clone(), &path, body.clone()).await, 403);
            assert!(message.contains("webhooks:admin"), "{message}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_organizations_subscription_is_not_found() {
    let customer = Customer::of("lead-intake").await;
    let made = created(&customer).await;
    let stranger = customer.stranger().await;
    let one = path(&made);
    for (method, path) in [
        (Method::GET, one.clone()),
        (Method::DELETE, one.clone()),
        (Method::GET, format!("{one}/deliveries")),
        (Method::POST, format!("{one}/rotate-secret")),
    ] {
        refused(customer.world.call_as(stranger, method, &path, Value::Null).await, 404);
    }
    let list = customer.world.call_as(stranger, Method::GET, WEBHOOKS, Value::Null).await.expect(200);
    assert_eq!(list.json, json!({"data": []}));
}
