//! `POST /v1/tenants/{tenant}/endpoints/{id}/replay`, `/v1/replays…`

use std::time::Duration;

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

const HOOK: &str = "https://hooks.example.com/in";

/// An endpoint with `count` held events of the types `a` and `b` in turn.
async fn with_held(world: &World, count: usize) -> String {
    let path = world.endpoint(json!({"url": HOOK})).await;
    world.post(&format!("{path}/disable"), Value::Null).await.expect(200);
    for index in 0..count {
        world.event(if index % 2 == 0 { "a" } else { "b" }, json!({"n": index})).await;
    }
    world.post(&format!("{path}/enable"), Value::Null).await.expect(200);
    path
}

#[tokio::test(start_paused = true)]
async fn what_was_held_is_replayed_oldest_first_and_progress_is_shown() {
    let world = World::new(router).await;
    let path = with_held(&world, 6).await;
    let started = world.post(&format!("{path}/replay"), json!({"per_second": 2})).await.expect(202).json;
    assert_eq!(started["matched"], 6);
    let id = started["id"].as_str().unwrap();
    assert!(id.starts_with("rpl_"));
    let sent = world.receivers.wait_for(6).await;
    let numbers: Vec<_> = sent
        .iter()
        .map(|one| serde_json::from_slice::<Value>(&one.body).unwrap()["data"]["n"].clone())
        .collect();
    assert_eq!(numbers, (0..6).map(Value::from).collect::<Vec<_>>());
    world.pass(Duration::from_secs(10)).await;
    let replay = world.get(&format!("/v1/replays/{id}")).await.expect(200).json;
    assert_eq!(
        (&replay["status"], &replay["reopened"], &replay["progress"]),
        (&json!("done"), &json!(6), &json!(1.0))
    );
    assert_eq!(replay["endpoint"], path.rsplit('/').next().unwrap());
    assert_eq!(
        world.get("/v1/deliveries?status=delivered").await.expect(200).json["data"].as_array().unwrap().len(),
        6
    );
    world.post(&format!("/v1/replays/{id}/cancel"), Value::Null).await.expect(409);
    assert_eq!(world.get("/v1/replays").await.expect(200).json["data"][0]["id"], id);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_only_counts() {
    let world = World::new(router).await;
    let path = with_held(&world, 4).await;
    let body = json!({"dry_run": true, "types": ["a"]});
    let counted = world.post(&format!("{path}/replay"), body).await.expect(202).json;
    assert_eq!(counted, json!({"id": null, "matched": 2}));
    world.pass(Duration::from_secs(60)).await;
    assert!(world.receivers.sent().is_empty());
    assert_eq!(world.get("/v1/replays").await.expect(200).json["data"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_replay_reopens_nothing_more() {
    let world = World::new(router).await;
    let path = with_held(&world, 20).await;
    let started = world.post(&format!("{path}/replay"), json!({"per_second": 1})).await.expect(202).json;
    let id = started["id"].as_str().unwrap();
    world.receivers.wait_for(2).await;
    let cancelled = world.post(&format!("/v1/replays/{id}/cancel"), Value::Null).await.expect(200).json;
    assert_eq!(cancelled["status"], "cancelled");
    world.post(&format!("/v1/replays/{id}/cancel"), Value::Null).await.expect(200);
    world.pass(Duration::from_secs(2)).await;
    let sent = world.receivers.sent().len();
    world.pass(Duration::from_secs(60)).await;
    assert_eq!(world.receivers.sent().len(), sent);
    assert!(sent < 20);
    let replay = world.get(&format!("/v1/replays/{id}")).await.expect(200).json;
    assert_eq!(replay["status"], "cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_replay_survives_a_crash() {
    let world = World::new(router).await;
    let path = with_held(&world, 10).await;
    let started = world.post(&format!("{path}/replay"), json!({"per_second": 1})).await.expect(202).json;
    let id = started["id"].as_str().unwrap();
    world.receivers.wait_for(3).await;
    let world = world.crash().await;
    let running = world.get(&format!("/v1/replays/{id}")).await.expect(200).json;
    assert_eq!(running["status"], "running");
    world.pass(Duration::from_secs(30)).await;
    let done = world.get(&format!("/v1/replays/{id}")).await.expect(200).json;
    assert_eq!((&done["status"], &done["progress"]), (&json!("done"), &json!(1.0)));
    let delivered = world.get("/v1/deliveries?status=delivered").await.expect(200).json;
    assert_eq!(delivered["data"].as_array().unwrap().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_bad_replay_is_refused() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK, "enabled": false})).await;
    let replay = format!("{path}/replay");
    for (body, pointer) in [
        (json!({"status": ["pending"]}), "/status/0"),
        (json!({"status": []}), "/status"),
        (json!({"types": ["a*"]}), "/types/0"),
        (json!({"per_second": 0}), "/per_second"),
        (json!({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}), "/since"),
        (json!({"since": "yesterday"}), "/since"),
        (json!({"colour": 1}), "/colour"),
    ] {
        assert_eq!(world.post(&replay, body.clone()).await.expect(422).pointers(), [pointer], "{body}");
    }
    assert_eq!(world.post(&replay, Value::Null).await.expect(409).json["code"], "endpoint_disabled");
}

#[tokio::test(start_paused = true)]
async fn a_replay_of_another_tenant_or_mode_is_not_found() {
    let world = World::new(router).await;
    let path = with_held(&world, 2).await;
    let started = world.post(&format!("{path}/replay"), json!({"per_second": 1})).await.expect(202).json;
    let id = started["id"].as_str().unwrap();
    world.key("sk_live_t2", Mode::Live, Some("t2"), &["*"]).await;
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    for key in ["sk_live_t2", "sk_test_all"] {
        world.call_as(key, Method::GET, &format!("/v1/replays/{id}"), Value::Null).await.expect(404);
        world.call_as(key, Method::POST, &format!("/v1/replays/{id}/cancel"), Value::Null).await.expect(404);
        let list = world.call_as(key, Method::GET, "/v1/replays", Value::Null).await.expect(200);
        assert_eq!(list.json["data"], json!([]));
    }
    world.get("/v1/replays/rpl_nonsense").await.expect(404);
}
