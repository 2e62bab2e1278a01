//! Which contract answers on a documented path (DESIGN 4.4 "Routes and objects").

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use crate::{Customer, KEY, refused};

const SUBSCRIBE: &str = "/api/v1/webhooks/subscribe";
const HOOK: &str = "https://your-app.com/webhooks";

#[tokio::test(start_paused = true)]
async fn without_a_key_every_documented_path_answers_401_in_the_documents_error_body() {
    let customer = Customer::of("scendcore").await;
    for path in
        [SUBSCRIBE, "/api/v1/webhooks", "/v1/webhooks/", "/v1/webhooks/wh_1", "/v1/backend/webhooks/x/secret"]
    {
        for key in ["no-such-key", ""] {
            let answer = customer.world.call_as(key, Method::GET, path, Value::Null).await;
            refused(answer, 401);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_that_the_keys_contract_does_not_document_is_not_found() {
    let customer = Customer::of("scendcore").await;
    for path in [
        "/api/v1/webhooks",
        "/api/v1/webhooks/",
        "/v1/webhooks",
        "/v1/backend/webhooks/test",
        "/api/v1/webhooks/subscribe/x",
    ] {
        refused(customer.get(path).await, 404);
    }
    let native = Customer::of("standard").await;
    assert!(refused(native.get(SUBSCRIBE).await, 404).contains("standard"));
}

/// A list would fit the fields in the order our code happens to have them in.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_an_object_is_refused_under_every_contract() {
    for (contract, path, fields) in [
        ("scendcore", SUBSCRIBE, json!([HOOK, ["contact.created"], "a secret"])),
        ("lead-intake", "/api/v1/webhooks", json!([HOOK, ["lead.created"], "a description"])),
        ("scopien", "/v1/webhooks", json!([HOOK, ["lead.created"]])),
        ("backend", "/v1/backend/webhooks", json!([HOOK, "a description", ["x"]])),
    ] {
        let customer = Customer::of(contract).await;
        for body in [fields, json!(null), json!("url")] {
            let body = body.to_string().into_bytes();
            let answer = customer.world.send(KEY, Method::POST, path, &[], body).await;
            assert_eq!(refused(answer, 422), "The body must be a JSON object.", "{contract}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn all_that_is_wrong_is_told_at_once_under_every_contract() {
    for (contract, path) in [
        ("scendcore", SUBSCRIBE),
        ("lead-intake", "/api/v1/webhooks"),
        ("scopien", "/v1/webhooks"),
        ("backend", "/v1/backend/webhooks"),
    ] {
        let customer = Customer::of(contract).await;
        let body = json!({"url": 1, "events": [], "event_types": []});
        let message = refused(customer.post(path, body).await, 422);
        assert!(message.contains("url: This must be a string."), "{contract}: {message}");
        assert!(message.contains("Name at least one event"), "{contract}: {message}");
        assert_eq!(message.matches("Name at least one event").count(), 1, "{contract}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_documented_path_has_only_its_documented_methods() {
    let customer = Customer::of("scendcore").await;
    let answer = customer.world.call_as(KEY, Method::DELETE, SUBSCRIBE, Value::Null).await;
    assert!(answer.headers.contains_key("allow"));
    refused(answer, 405);
}

#[tokio::test(start_paused = true)]
async fn a_key_without_a_tenant_is_refused() {
    let customer = Customer::of("scendcore").await;
    assert!(refused(customer.world.get(SUBSCRIBE).await, 403).contains("customer"));
    refused(customer.world.root(Method::GET, SUBSCRIBE, Value::Null).await, 403);
}

#[tokio::test(start_paused = true)]
async fn where_the_document_is_silent_the_key_may_come_in_x_api_key() {
    let customer = Customer::of("scendcore").await;
    customer.world.with_api_key(KEY, Method::GET, SUBSCRIBE).await.expect(200);
    customer.world.key("sk_test_t1", Mode::Test, Some("t1"), &["*"]).await;
    customer.world.with_api_key("sk_test_t1", Method::GET, SUBSCRIBE).await.expect(200);
}
