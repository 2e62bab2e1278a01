//! Which contract answers on a documented path (DESIGN 4.4 "Routes and objects").

use http::Method;
use postrider_model::id::Mode;
use serde_json::Value;

use crate::{Customer, KEY, refused};

const SUBSCRIBE: &str = "/api/v1/webhooks/subscribe";

#[tokio::test(start_paused = true)]
async fn without_a_key_every_documented_path_answers_401_in_the_documents_error_body() {
    let customer = Customer::of("scendcore").await;
    for path in [SUBSCRIBE, "/api/v1/webhooks", "/v1/webhooks/wh_1", "/v1/backend/webhooks/x/secret"] {
        for key in ["no-such-key", ""] {
            let answer = customer.world.call_as(key, Method::GET, path, Value::Null).await;
            refused(answer, 401);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_that_the_keys_contract_does_not_document_is_not_found() {
    let customer = Customer::of("scendcore").await;
    for path in
        ["/api/v1/webhooks", "/v1/webhooks", "/v1/backend/webhooks/test", "/api/v1/webhooks/subscribe/x"]
    {
        refused(customer.get(path).await, 404);
    }
    let native = Customer::of("standard").await;
    assert!(refused(native.get(SUBSCRIBE).await, 404).contains("standard"));
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
