//! Bad input, in the error body of DESIGN 4.3 and with the document's names.

use http::Method;
use serde_json::{Value, json};

use super::{EVENTS, HOOK, WEBHOOKS, created, customer, path, request, request_with};
use crate::{KEY, refused};

#[tokio::test(start_paused = true)]
async fn unknown_events_are_refused_naming_the_available_ones() {
    let customer = customer().await;
    for unknown in ["lead.deleted", "leads.*", "Lead.created"] {
        let body = request_with(json!({"events": ["lead.created", unknown]}));
        let message = refused(customer.post(WEBHOOKS, body).await, 422);
        assert!(message.starts_with("events[1]: ") && message.contains(unknown), "{message}");
        assert!(EVENTS.iter().all(|event| message.contains(event)), "{message}");
    }
    let body = request_with(json!({"events": ["lead*"]}));
    assert!(refused(customer.post(WEBHOOKS, body).await, 422).starts_with("events[0]: "));
}

#[tokio::test(start_paused = true)]
async fn production_webhooks_must_use_https_and_public_addresses() {
    let customer = customer().await;
    for url in [
        "http://your-app.com/webhook",
        "https://127.0.0.1/webhook",
        "https://10.1.2.3/webhook",
        "https://[::1]/webhook",
        "https://localhost/webhook",
        "https://169.254.169.254/latest/meta-data",
        "ftp://your-app.com",
        "your-app.com",
    ] {
        let answer = customer.post(WEBHOOKS, request_with(json!({"url": url}))).await;
        assert!(refused(answer, 422).starts_with("url: "), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_empty_or_of_the_wrong_type_is_named() {
    let customer = customer().await;
    for (field, value) in [
        ("url", json!(null)),
        ("url", json!("")),
        ("url", json!(7)),
        ("events", json!(null)),
        ("events", json!([])),
        ("events", json!("lead.created")),
        ("events", json!([1])),
        ("events", json!([""])),
        ("description", json!(5)),
        ("name", json!([])),
        ("secret", json!("")),
        ("secret", json!(7)),
        ("secret", json!("a\nb")),
        ("secret", json!("x".repeat(257))),
        ("filters", json!(true)),
        ("headers", json!([])),
        ("headers", json!({"X-A": 1})),
        ("batch", json!("true")),
        ("batch", json!({"max_size": 1})),
    ] {
        let message = refused(customer.post(WEBHOOKS, request_with(json!({field: value}))).await, 422);
        assert!(message.starts_with(field), "{field}: {value}: {message}");
    }
    for missing in ["url", "events"] {
        let mut body = request();
        body.as_object_mut().unwrap().remove(missing);
        assert!(refused(customer.post(WEBHOOKS, body).await, 422).starts_with(&format!("{missing}: ")));
    }
    let nothing = refused(customer.post(WEBHOOKS, json!({})).await, 422);
    assert!(nothing.contains("url: ") && nothing.contains("events: "), "{nothing}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_json_object_is_refused() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    for (method, path) in [(Method::POST, WEBHOOKS.to_owned()), (Method::PATCH, path(&made))] {
        let send =
            async |body: &[u8]| customer.world.send(KEY, method.clone(), &path, &[], body.to_vec()).await;
        refused(send(b"{\"url\":").await, 400);
        refused(send(b"[]").await, 422);
        refused(send(b"").await, 415);
    }
}

#[tokio::test(start_paused = true)]
async fn headers_that_would_forge_a_request_are_refused() {
    let customer = customer().await;
    for (name, value) in [
        ("X-A", "1\r\nX-Evil: 2"),
        ("X-A", "1\n"),
        ("X-A\r\nX-Evil", "1"),
        ("Host", "evil.example"),
        ("content-length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("X-Scopien-Signature", "sha256=00"),
        ("x-scopien-event", "lead.created"),
        ("", "1"),
    ] {
        let body = request_with(json!({"headers": {name: value}}));
        let message = refused(customer.post(WEBHOOKS, body).await, 422);
        assert!(message.starts_with("headers"), "{name:?}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn batch_sizes_out_of_range_are_named_as_documented() {
    let customer = customer().await;
    for (field, value) in [
        ("maxBatchSize", json!(0)),
        ("maxBatchSize", json!(101)),
        ("maxBatchSize", json!(-1)),
        ("maxBatchSize", json!(1.5)),
        ("maxBatchSize", json!("10")),
        ("maxWaitTime", json!(0)),
        ("maxWaitTime", json!(61)),
        ("maxWaitTime", json!(-1)),
        ("maxWaitTime", json!("10")),
    ] {
        let body = request_with(json!({"batch": true, field: value}));
        let message = refused(customer.post(WEBHOOKS, body).await, 422);
        assert!(message.starts_with(&format!("{field}: ")), "{field} {value}: {message}");
    }
    let both = request_with(json!({"batch": true, "maxBatchSize": 0, "maxWaitTime": 0}));
    let message = refused(customer.post(WEBHOOKS, both).await, 422);
    assert!(message.contains("maxBatchSize: ") && message.contains("maxWaitTime: "), "{message}");
    for (size, seconds) in [(1, 1), (100, 60)] {
        let body = request_with(json!({"batch": true, "maxBatchSize": size, "maxWaitTime": seconds}));
        created(&customer, body).await;
    }
    let message = refused(customer.post(WEBHOOKS, request_with(json!({"maxBatchSize": 5}))).await, 422);
    assert!(message.starts_with("maxBatchSize: "), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fields_the_document_does_not_know_are_ignored() {
    let customer = customer().await;
    let more = json!({"colour": "red", "filter": 5, "event_types": ["x"], "retry": 1, "status": "disabled", "enabled": false});
    assert_eq!(created(&customer, request_with(more)).await["status"], "active");
}

#[tokio::test(start_paused = true)]
async fn another_customers_webhook_is_not_found() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    let stranger = customer.stranger().await;
    let one = path(&made);
    for (method, path, body) in [
        (Method::GET, one.clone(), Value::Null),
        (Method::PATCH, one.clone(), json!({"url": "https://evil.example/"})),
        (Method::DELETE, one.clone(), Value::Null),
        (Method::POST, format!("{one}/disable"), Value::Null),
        (Method::POST, format!("{one}/enable"), Value::Null),
    ] {
        refused(customer.world.call_as(stranger, method, &path, body).await, 404);
    }
    let list = customer.world.call_as(stranger, Method::GET, WEBHOOKS, Value::Null).await.expect(200);
    assert_eq!(list.json, json!({"data": []}));
    assert_eq!(super::shown(&customer, &made).await["url"], HOOK);
    for id in ["wh_1", "ep_abc", "x"] {
        refused(customer.get(&format!("{WEBHOOKS}/{id}")).await, 404);
    }
}

#[tokio::test(start_paused = true)]
async fn reading_needs_webhooks_read_and_everything_else_webhooks_write() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    let nobody = customer.key(&["events:write"]).await;
    let reader = customer.key(&["webhooks:read"]).await;
    let writer = customer.key(&["webhooks:write"]).await;
    let one = path(&made);
    for (method, path, body, scope) in [
        (Method::GET, WEBHOOKS.to_owned(), Value::Null, "webhooks:read"),
        (Method::GET, one.clone(), Value::Null, "webhooks:read"),
        (Method::POST, WEBHOOKS.to_owned(), request(), "webhooks:write"),
        (Method::PATCH, one.clone(), json!({"name": "n"}), "webhooks:write"),
        (Method::POST, format!("{one}/disable"), Value::Null, "webhooks:write"),
        (Method::POST, format!("{one}/enable"), Value::Null, "webhooks:write"),
        (Method::DELETE, one.clone(), Value::Null, "webhooks:write"),
    ] {
        let low = if scope == "webhooks:read" { &nobody } else { &reader };
        let denied = customer.world.call_as(low, method.clone(), &path, body.clone()).await;
        assert!(refused(denied, 403).contains(scope), "{method} {path}");
        let allowed = if scope == "webhooks:read" { &reader } else { &writer };
        let answer = customer.world.call_as(allowed, method.clone(), &path, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.text);
    }
}

#[tokio::test(start_paused = true)]
async fn the_key_is_a_bearer_token_as_documented() {
    let customer = customer().await;
    let elsewhere = customer.world.with_api_key(KEY, Method::GET, WEBHOOKS).await;
    assert!(refused(elsewhere, 401).contains("Authorization: Bearer"));
    for key in ["", "sk_live_unknown"] {
        refused(customer.world.call_as(key, Method::GET, WEBHOOKS, Value::Null).await, 401);
    }
}
