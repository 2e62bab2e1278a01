//! The document "Webhooks" of the backend API: `/v1/backend/webhooks`.

use std::time::Duration;

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use crate::{Customer, KEY, members, refused};

const WEBHOOKS: &str = "/v1/backend/webhooks";
const HOOK: &str = "https://example.com/hook";
const SHOWN: [&str; 6] = ["id", "url", "description", "event_types", "enabled", "created_at"];

async fn created(customer: &Customer, body: Value) -> Value {
    customer.post(WEBHOOKS, body).await.expect(201).json["data"].clone()
}

fn path(webhook: &Value) -> String {
    format!("{WEBHOOKS}/{}", webhook["id"].as_str().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn creating_answers_201_with_the_endpoint_and_its_signing_secret() {
    let customer = Customer::of("backend").await;
    let answer = customer.post(WEBHOOKS, json!({"url": HOOK})).await.expect(201);
    assert_eq!(members(&answer.json), ["data"]);
    let webhook = &answer.json["data"];
    assert_eq!(members(webhook), [&SHOWN[..], &["secret"]].concat());
    assert!(webhook["id"].as_str().unwrap().starts_with("ep_"));
    assert_eq!((&webhook["url"], &webhook["description"]), (&json!(HOOK), &Value::Null));
    assert_eq!((&webhook["enabled"], &webhook["created_at"]), (&json!(true), &json!("2026-01-22T10:30:00Z")));
    assert!(webhook["secret"].as_str().unwrap().starts_with("whsec_"));
}

#[tokio::test(start_paused = true)]
async fn without_event_types_an_endpoint_gets_conversation_completed() {
    let customer = Customer::of("backend").await;
    for body in [json!({"url": HOOK}), json!({"url": HOOK, "event_types": null})] {
        assert_eq!(created(&customer, body).await["event_types"], json!(["conversation.completed"]));
    }
    let own = json!({"url": HOOK, "event_types": ["order.paid"], "description": "Orders"});
    let webhook = created(&customer, own).await;
    assert_eq!(
        (&webhook["event_types"], &webhook["description"]),
        (&json!(["order.paid"]), &json!("Orders"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_list_and_a_single_endpoint_are_inside_data_without_the_secret() {
    let customer = Customer::of("backend").await;
    let first = created(&customer, json!({"url": HOOK})).await;
    created(&customer, json!({"url": HOOK})).await;
    let list = customer.get(WEBHOOKS).await.expect(200).json;
    assert_eq!(members(&list), ["data"]);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(2));
    let one = customer.get(&path(&first)).await.expect(200).json;
    assert_eq!(members(&one), ["data"]);
    assert_eq!(members(&one["data"]), SHOWN);
    assert_eq!(one["data"], list["data"][1], "the newest is first");
}

#[tokio::test(start_paused = true)]
async fn the_list_is_whole_however_long_it_is() {
    let customer = Customer::of("backend").await;
    for _ in 0..260 {
        created(&customer, json!({"url": HOOK})).await;
    }
    let list = customer.get(WEBHOOKS).await.expect(200).json;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(260));
}

#[tokio::test(start_paused = true)]
async fn the_secret_can_be_read_back() {
    let customer = Customer::of("backend").await;
    let webhook = created(&customer, json!({"url": HOOK})).await;
    let answer = customer.get(&format!("{}/secret", path(&webhook))).await.expect(200);
    assert_eq!(answer.json, json!({"data": {"secret": webhook["secret"]}}));
}

#[tokio::test(start_paused = true)]
async fn deleting_answers_204_and_nothing_is_sent_there_any_more() {
    let customer = Customer::of("backend").await;
    let webhook = created(&customer, json!({"url": HOOK})).await;
    let gone = customer.world.call_as(KEY, Method::DELETE, &path(&webhook), Value::Null).await.expect(204);
    assert_eq!(gone.text, "");
    refused(customer.get(&path(&webhook)).await, 404);
    refused(customer.world.call_as(KEY, Method::DELETE, &path(&webhook), Value::Null).await, 404);
    customer.world.event("conversation.completed", json!({})).await;
    customer.world.pass(Duration::from_secs(60)).await;
    assert!(customer.world.receivers.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_test_goes_to_every_enabled_endpoint_and_its_message_id_is_the_webhook_id() {
    let customer = Customer::of("backend").await;
    let first = created(&customer, json!({"url": HOOK})).await;
    created(&customer, json!({"url": HOOK, "event_types": ["order.paid"]})).await;
    let off = created(&customer, json!({"url": HOOK})).await;
    let disable = format!("/v1/tenants/t1/endpoints/{}/disable", off["id"].as_str().unwrap());
    customer.world.post(&disable, Value::Null).await.expect(200);

    let answer = customer.world.call_as(KEY, Method::POST, &format!("{WEBHOOKS}/test"), Value::Null).await;
    let answer = answer.expect(200).json;
    assert_eq!(members(&answer), ["data"]);
    assert_eq!(members(&answer["data"]), ["success", "message_id"]);
    assert_eq!(answer["data"]["success"], true);

    let sent = customer.world.receivers.wait_for(2).await;
    customer.world.pass(Duration::from_secs(60)).await;
    assert_eq!(customer.world.receivers.sent().len(), 2);
    for request in sent {
        assert_eq!(request.headers["webhook-id"], answer["data"]["message_id"].as_str().unwrap());
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(members(&body), ["type", "timestamp", "data"]);
        assert_eq!(body["type"], "conversation.completed");
    }
    let native = format!("/v1/tenants/t1/endpoints/{}", first["id"].as_str().unwrap());
    assert_eq!(customer.world.get(&native).await.json["failure_count"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_test_without_any_endpoint_is_accepted_too() {
    let customer = Customer::of("backend").await;
    let answer = customer.world.call_as(KEY, Method::POST, &format!("{WEBHOOKS}/test"), Value::Null).await;
    assert_eq!(answer.expect(200).json["data"]["success"], true);
}

#[tokio::test(start_paused = true)]
async fn sk_live_and_sk_test_are_two_worlds() {
    let customer = Customer::of("backend").await;
    const TEST_KEY: &str = "sk_test_customer_t1";
    customer.world.key(TEST_KEY, Mode::Test, Some("t1"), &["*"]).await;
    let live = created(&customer, json!({"url": HOOK})).await;
    let other = customer.world.call_as(TEST_KEY, Method::GET, WEBHOOKS, Value::Null).await.expect(200);
    assert_eq!(other.json, json!({"data": []}));
    refused(customer.world.call_as(TEST_KEY, Method::GET, &path(&live), Value::Null).await, 404);
    let test = format!("{WEBHOOKS}/test");
    customer.world.call_as(TEST_KEY, Method::POST, &test, Value::Null).await.expect(200);
    customer.world.pass(Duration::from_secs(10)).await;
    assert!(customer.world.receivers.sent().is_empty(), "a test of the test world reached the live one");
}

#[tokio::test(start_paused = true)]
async fn the_key_is_taken_from_either_header() {
    let customer = Customer::of("backend").await;
    customer.get(WEBHOOKS).await.expect(200);
    customer.world.with_api_key(KEY, Method::GET, WEBHOOKS).await.expect(200);
    refused(customer.world.with_api_key("sk_live_unknown", Method::GET, WEBHOOKS).await, 401);
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_refused_in_the_documented_error_body() {
    let customer = Customer::of("backend").await;
    for (body, field) in [
        (json!({}), "url"),
        (json!({"url": null}), "url"),
        (json!({"url": 7}), "url"),
        (json!({"url": "http://example.com"}), "url"),
        (json!({"url": "https://192.168.0.1"}), "url"),
        (json!({"url": HOOK, "event_types": []}), "event_types"),
        (json!({"url": HOOK, "event_types": "x"}), "event_types"),
        (json!({"url": HOOK, "event_types": ["a*"]}), "event_types[0]"),
        (json!({"url": HOOK, "description": 1}), "description"),
    ] {
        let message = refused(customer.post(WEBHOOKS, body.clone()).await, 422);
        assert!(message.starts_with(field), "{body}: {message}");
    }
    refused(customer.world.send(KEY, Method::POST, WEBHOOKS, &[], b"{]".to_vec()).await, 400);
    customer.post(WEBHOOKS, json!({"url": HOOK, "unknown": 1})).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn another_customers_endpoint_is_not_found() {
    let customer = Customer::of("backend").await;
    let webhook = created(&customer, json!({"url": HOOK})).await;
    let stranger = customer.stranger().await;
    let one = path(&webhook);
    for (method, path) in
        [(Method::GET, one.clone()), (Method::DELETE, one.clone()), (Method::GET, format!("{one}/secret"))]
    {
        refused(customer.world.call_as(stranger, method, &path, Value::Null).await, 404);
    }
    refused(customer.get(&format!("{WEBHOOKS}/not-an-id")).await, 404);
}

#[tokio::test(start_paused = true)]
async fn each_route_asks_for_its_scope() {
    let customer = Customer::of("backend").await;
    let webhook = created(&customer, json!({"url": HOOK})).await;
    let nobody = customer.key(&["events:write"]).await;
    let reader = customer.key(&["webhooks:read"]).await;
    let writer = customer.key(&["webhooks:write"]).await;
    let (list, one) = (WEBHOOKS.to_owned(), path(&webhook));
    for (key, method, path, scope) in [
        (&nobody, Method::GET, &list, "webhooks:read"),
        (&nobody, Method::GET, &one, "webhooks:read"),
        (&reader, Method::POST, &list, "webhooks:write"),
        (&reader, Method::POST, &format!("{list}/test"), "webhooks:write"),
        (&reader, Method::DELETE, &one, "webhooks:write"),
        (&writer, Method::GET, &format!("{one}/secret"), "webhooks:admin"),
    ] {
        let message = refused(customer.world.call_as(key, method, path, Value::Null).await, 403);
        assert!(message.contains(scope), "{path}: {message}");
    }
}
