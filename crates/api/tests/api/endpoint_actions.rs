//! What is done with an endpoint: it is enabled and disabled, gets another secret, is sent a test, shows its statistics.

use std::time::Duration;

use http::Method;
use postrider_model::endpoint::DisabledReason;
use postrider_store::{EndpointChange, EndpointPatch};
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::{Sent, World, audit};

const HOOK: &str = "https://hooks.example.com/in";

#[tokio::test(start_paused = true)]
async fn enabling_and_disabling_say_when_and_why() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    let off = world.post(&format!("{path}/disable"), Value::Null).await.expect(200).json;
    assert_eq!((&off["enabled"], &off["disabled_reason"]), (&json!(false), &json!("manual")));
    assert!(off["disabled_at"].is_string());
    let held = world.event("a.b", json!({})).await;
    let event = world.get(&format!("/v1/events/{held}")).await.expect(200).json;
    assert_eq!(event["deliveries"][0]["status"], "held");
    let on = world.post(&format!("{path}/enable"), Value::Null).await.expect(200).json;
    assert_eq!((&on["enabled"], &on["disabled_at"]), (&json!(true), &Value::Null));
    world.pass(Duration::from_secs(5)).await;
    assert!(world.receivers.sent().is_empty(), "enabling sends nothing by itself");
    let patched = world.patch(&path, json!({"enabled": false})).await.expect(200).json;
    assert_eq!(patched["disabled_reason"], "manual");
}

#[tokio::test(start_paused = true)]
async fn after_a_disable_was_answered_no_attempt_begins() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    world.receivers.answer(HOOK, 500, b"no");
    world.event("a.b", json!({})).await;
    world.receivers.wait_for(1).await;
    world.post(&format!("{path}/disable"), Value::Null).await.expect(200);
    world.pass(Duration::from_secs(3_600)).await;
    assert_eq!(world.receivers.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_disable_that_finds_its_work_done_waits_until_the_engine_knows() {
    for by_patch in [false, true] {
        found_disabled(by_patch).await;
    }
}

async fn found_disabled(by_patch: bool) {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    world.receivers.answer(HOOK, 500, b"");
    world.event("a", json!({})).await;
    world.receivers.wait_for(1).await;
    world.pass(Duration::from_secs(1)).await;
    // Another request has written its disable, and has not told the engine yet.
    let store = world.engine.store();
    let project = store.project("acme").await.unwrap().unwrap();
    let tenant = store.tenant(project.key, "t1").await.unwrap().unwrap();
    let row = store.routes(tenant.key).await.unwrap().1.remove(0);
    let patch = EndpointPatch {
        revision: row.revision,
        config: None,
        sealed: None,
        change: Some(EndpointChange::Disable(DisabledReason::Manual)),
        now: world.engine.now(),
    };
    store.update_endpoint(row.key, patch, None, audit()).await.unwrap().unwrap();
    let answer = if by_patch {
        world.patch(&path, json!({"enabled": false})).await
    } else {
        world.post(&format!("{path}/disable"), Value::Null).await
    };
    assert_eq!(answer.expect(200).json["enabled"], false);
    world.pass(Duration::from_secs(60)).await;
    assert_eq!(world.receivers.sent().len(), 1, "an attempt began after a disable was answered");
}

#[tokio::test(start_paused = true)]
async fn after_a_rotation_both_secrets_sign_until_the_old_one_ends() {
    let world = World::new(router).await;
    let created = world.post("/v1/tenants/t1/endpoints", json!({"url": HOOK})).await.expect(201);
    let path = format!("/v1/tenants/t1/endpoints/{}", created.id());
    let rotated =
        world.post(&format!("{path}/rotate-secret"), json!({"overlap_seconds": 60})).await.expect(200).json;
    assert_ne!(rotated["secret"], created.json["secret"]);
    assert_eq!(rotated["previous_expires_at"], "2026-01-22T10:31:00.000Z");
    let secrets = world.get(&format!("{path}/secret")).await.expect(200).json;
    assert_eq!(secrets["secret"], rotated["secret"]);
    assert_eq!(secrets["secrets"].as_array().unwrap().len(), 2);

    world.event("a.b", json!({})).await;
    let sent = world.receivers.wait_for(1).await;
    assert_eq!(sent[0].headers["webhook-signature"].to_str().unwrap().split(' ').count(), 2);
    world.pass(Duration::from_secs(61)).await;
    world.event("a.b", json!({})).await;
    let sent = world.receivers.wait_for(2).await;
    assert_eq!(sent[1].headers["webhook-signature"].to_str().unwrap().split(' ').count(), 1);
    assert_eq!(
        world.get(&format!("{path}/secret")).await.expect(200).json["secrets"].as_array().unwrap().len(),
        1
    );

    let long = world.post(&format!("{path}/rotate-secret"), json!({"overlap_seconds": 10_000_000})).await;
    assert_eq!(long.expect(422).pointers(), ["/overlap_seconds"]);
    world.post(&format!("{path}/rotate-secret"), Value::Null).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn of_a_key_pair_only_the_public_half_is_shown() {
    let world = World::new(router).await;
    let created = world
        .post("/v1/tenants/t1/endpoints", json!({"url": HOOK, "signature": "ed25519"}))
        .await
        .expect(201);
    assert!(created.json["secret"].as_str().unwrap().starts_with("whpk_"), "{}", created.text);
    let path = format!("/v1/tenants/t1/endpoints/{}", created.id());
    let secrets = world.get(&format!("{path}/secret")).await.expect(200);
    assert_eq!(secrets.json["secret"], created.json["secret"]);
    world.event("a.b", json!({})).await;
    let sent = world.receivers.wait_for(1).await;
    assert!(sent[0].headers["webhook-signature"].to_str().unwrap().starts_with("v1a,"));
}

#[tokio::test(start_paused = true)]
async fn another_signature_brings_a_secret_of_its_kind() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    let changed = world.patch(&path, json!({"signature": "ed25519"})).await.expect(200).json;
    assert!(changed["secret"].as_str().unwrap().starts_with("whpk_"));
    world.event("a.b", json!({})).await;
    let sent = world.receivers.wait_for(1).await;
    let signatures = sent[0].headers["webhook-signature"].to_str().unwrap();
    assert!(signatures.contains("v1a,") && signatures.contains("v1,"), "{signatures}");
}

#[tokio::test(start_paused = true)]
async fn a_test_is_sent_now_and_answers_with_the_attempt() {
    let world = World::new(router).await;
    world.receivers.answer(HOOK, 418, b"teapot");
    let path = world.endpoint(json!({"url": HOOK, "event_types": ["other"], "enabled": false})).await;
    let test =
        world.post(&format!("{path}/test"), json!({"type": "a.b", "data": {"n": 1}})).await.expect(200).json;
    assert_eq!(test["number"], 1);
    assert_eq!(test["response_status"], 418);
    assert_eq!(test["success"], false);
    assert_eq!(test["response_excerpt"], "teapot");
    assert!(test["id"].as_str().unwrap().starts_with("whd_"));
    assert!(test["event"].as_str().unwrap().starts_with("evt_"));
    let sent = world.receivers.sent();
    let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
    assert_eq!((&body["type"], &body["data"]), (&json!("a.b"), &json!({"n": 1})));
    assert_eq!(world.get(&path).await.expect(200).json["failure_count"], 0);
    world.post(&format!("{path}/test"), Value::Null).await.expect(200);
    assert_eq!(
        world.post(&format!("{path}/test"), json!({"type": "a/b"})).await.expect(422).pointers(),
        ["/type"]
    );
    world.pass(Duration::from_secs(3_600)).await;
    assert_eq!(world.receivers.sent().len(), 2, "a test has one attempt");
}

#[tokio::test(start_paused = true)]
async fn a_test_without_data_carries_the_example_of_the_project_or_else_that_of_the_contract() {
    let world = World::under(router, "scopien").await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    let kind = "/v1/event-types/lead.created";
    let of_contract = world.get(kind).await.expect(200).json["example"].clone();
    assert_eq!(of_contract["firstName"], "John", "the document's example");
    let lead = json!({"type": "lead.created"});
    world.post(&format!("{path}/test"), lead.clone()).await.expect(200);
    world.call(Method::PUT, kind, json!({"description": "A lead"})).await.expect(201);
    world.post(&format!("{path}/test"), lead.clone()).await.expect(200);
    world.call(Method::PUT, kind, json!({"example": {"mine": 1}})).await.expect(200);
    world.post(&format!("{path}/test"), lead).await.expect(200);
    world.post(&format!("{path}/test"), json!({"type": "lead.updated"})).await.expect(200);
    let data = |sent: &Sent| serde_json::from_slice::<Value>(&sent.body).unwrap()["data"].clone();
    let data: Vec<_> = world.receivers.sent().iter().map(data).collect();
    assert_eq!(data, [of_contract.clone(), of_contract, json!({"mine": 1}), json!({"test": true})]);
}

#[tokio::test(start_paused = true)]
async fn a_test_that_is_too_large_is_refused_as_an_event_is() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    let body = json!({"data": "x".repeat(300_000)});
    assert_eq!(world.post(&format!("{path}/test"), body).await.expect(413).json["code"], "too_large");
}

#[tokio::test(start_paused = true)]
async fn a_test_of_an_endpoint_that_is_deleted_meanwhile_finds_none() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    world.event("a", json!({})).await;
    world.receivers.wait_for(1).await;
    let test = format!("{path}/test");
    let (tested, deleted) = tokio::join!(world.post(&test, Value::Null), world.delete(&path));
    deleted.expect(204);
    assert_eq!(tested.expect(404).json["code"], "not_found");
    assert_eq!(world.receivers.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn statistics_count_attempts() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    world.event("a.b", json!({})).await;
    world.receivers.wait_for(1).await;
    world.pass(Duration::from_secs(120)).await;
    let stats = world.get(&format!("{path}/stats")).await.expect(200).json;
    assert_eq!(
        (&stats["attempts"], &stats["succeeded"], &stats["success_rate"]),
        (&json!(1), &json!(1), &json!(1.0))
    );
    assert_eq!(stats["steps"].as_array().unwrap().len(), 1);
    assert_eq!(
        world.get(&format!("{path}/stats?step_minutes=x")).await.expect(422).pointers(),
        ["/step_minutes"]
    );
    assert_eq!(
        world.get(&format!("{path}/stats?step_minutes=0")).await.expect(422).pointers(),
        ["/step_minutes"]
    );
}
