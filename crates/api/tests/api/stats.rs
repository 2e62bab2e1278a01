//! What happens in a project, in numbers.

use std::time::Duration;

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::{Act, World};

const HOOK: &str = "https://hooks.example.com/in";

#[tokio::test(start_paused = true)]
async fn a_project_that_did_nothing_has_zeros_and_no_rates() {
    let world = World::new(router).await;
    let stats = world.get("/v1/stats").await.expect(200).json;
    assert_eq!(
        (&stats["events"], &stats["attempts"], &stats["step_minutes"]),
        (&json!(0), &json!(0), &json!(60))
    );
    assert_eq!((&stats["success_rate"], &stats["latency_p99_ms"]), (&Value::Null, &Value::Null));
    assert_eq!(stats["steps"], json!([]));
    assert_eq!(stats["backlog"], json!({"waiting": 0, "overflowing": 0, "oldest_wait_ms": 0}));
}

#[tokio::test(start_paused = true)]
async fn what_happened_is_counted_in_steps_and_in_all() {
    let world = World::new(router).await;
    world.endpoint(json!({"url": HOOK, "retry": {"schedule_seconds": [90]}})).await;
    world.receivers.act(HOOK, [Act::Answer(500)]);
    world.event("a.b", json!({})).await;
    world.receivers.wait_for(2).await;
    world.pass(Duration::from_secs(11)).await;
    let stats = world.get("/v1/stats?step_minutes=1").await.expect(200).json;
    let seen = |of: &Value| {
        ["events", "deliveries", "delivered", "exhausted", "held", "attempts", "succeeded", "failed"]
            .map(|name| of[name].as_u64().unwrap())
    };
    assert_eq!(seen(&stats), [1, 1, 1, 0, 0, 2, 1, 1], "{stats}");
    assert_eq!(stats["success_rate"], json!(0.5));
    assert!(stats["latency_p50_ms"].is_number() && stats["latency_max_ms"].is_number(), "{stats}");
    let steps = stats["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2, "{stats}");
    assert_eq!(steps[0]["at"], "2026-01-22T10:30:00.000Z");
    assert_eq!((seen(&steps[0]), seen(&steps[1])), ([1, 1, 0, 0, 0, 1, 0, 1], [0, 0, 1, 0, 0, 1, 1, 0]));
    let before = world.get("/v1/stats?until=2026-01-22T10:30:00Z").await.expect(200).json;
    assert_eq!((&before["events"], &before["since"]), (&json!(0), &json!("2026-01-21T10:30:00.000Z")));
}

#[tokio::test(start_paused = true)]
async fn what_waits_now_is_told_whatever_the_span() {
    let world = World::new(router).await;
    world.endpoint(json!({"url": HOOK, "max_in_flight": 1, "timeout_seconds": 60})).await;
    world.receivers.act(HOOK, [Act::Hang]);
    for _ in 0..3 {
        world.event("a.b", json!({})).await;
    }
    world.pass(Duration::from_secs(40)).await;
    let path = "/v1/stats?since=2026-01-20T00:00:00Z&until=2026-01-21T00:00:00Z";
    let stats = world.get(path).await.expect(200).json;
    assert_eq!((&stats["backlog"]["waiting"], &stats["waiting_max"]), (&json!(2), &json!(0)));
    assert!(stats["backlog"]["oldest_wait_ms"].as_u64().unwrap() > 20_000, "{stats}");
    world.pass(Duration::from_secs(120)).await;
    let stats = world.get("/v1/stats").await.expect(200).json;
    assert_eq!((&stats["backlog"]["waiting"], &stats["waiting_max"]), (&json!(0), &json!(2)));
}

#[tokio::test(start_paused = true)]
async fn a_mode_counts_for_itself_and_a_tenants_key_may_not_ask() {
    let world = World::new(router).await;
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    world.key("sk_live_t1", Mode::Live, Some("t1"), &["*"]).await;
    world.key("sk_live_write", Mode::Live, None, &["events:write"]).await;
    world.event("a.b", json!({})).await;
    world.pass(Duration::from_secs(11)).await;
    let events = async |key| {
        let stats = world.call_as(key, Method::GET, "/v1/stats", Value::Null).await.expect(200).json;
        stats["events"].as_u64().unwrap()
    };
    assert_eq!((events("sk_live_all").await, events("sk_test_all").await), (1, 0));
    for key in ["sk_live_t1", "sk_live_write"] {
        world.call_as(key, Method::GET, "/v1/stats", Value::Null).await.expect(403);
    }
    world.call_as("sk_live_nobody", Method::GET, "/v1/stats", Value::Null).await.expect(401);
}

#[tokio::test(start_paused = true)]
async fn a_bad_span_is_refused_with_a_pointer() {
    let world = World::new(router).await;
    for (query, pointer) in [
        ("step_minutes=0", "/step_minutes"),
        ("step_minutes=1441", "/step_minutes"),
        ("step_minutes=x", "/step_minutes"),
        ("since=2026-01-22T10:30:00Z&until=2026-01-22T10:30:00Z", "/since"),
        ("since=2025-01-22T10:30:00Z", "/step_minutes"),
        ("since=yesterday", "/since"),
        ("hours=3", "/hours"),
    ] {
        let refused = world.get(&format!("/v1/stats?{query}")).await.expect(422);
        assert_eq!(refused.pointers(), [pointer], "{query}");
    }
}
