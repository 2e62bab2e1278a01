//! Events whose content is looked into: by filters of endpoints and by schemas of types.

use std::time::Duration;

use http::Method;
use postrider_store::EndpointPatch;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::{World, audit};

const HOOK: &str = "https://hooks.example.com/in";
const HUGE: &str = r#"{"tenant":"t1","type":"a","data":{"items":[{"amount":1e999}]}}"#;

async fn post(world: &World, body: &str) -> postrider_world::Answer {
    world.send("sk_live_all", Method::POST, "/v1/events", &[], body.as_bytes().to_vec()).await
}

#[tokio::test(start_paused = true)]
async fn a_number_that_no_filter_can_look_at_is_refused_where_one_would() {
    let world = World::new(router).await;
    world.endpoint(json!({"url": HOOK, "filter": {"data": {"state": {"$neq": "lost"}}}})).await;
    assert_eq!(post(&world, HUGE).await.expect(422).pointers(), ["/data/items/0/amount"]);
    let batch = format!(r#"{{"events":[{{"tenant":"t1","type":"a","data":1}},{HUGE}]}}"#);
    let answer = world.send("sk_live_all", Method::POST, "/v1/events/batch", &[], batch.into_bytes()).await;
    assert_eq!(answer.expect(422).pointers(), ["/events/1/data/items/0/amount"]);
    assert_eq!(world.get("/v1/events").await.expect(200).json["data"], json!([]), "all or nothing");
}

#[tokio::test(start_paused = true)]
async fn a_number_of_any_size_goes_through_where_nothing_looks_at_it() {
    let world = World::new(router).await;
    world.endpoint(json!({"url": HOOK})).await;
    post(&world, HUGE).await.expect(202);
    let sent = world.receivers.wait_for(1).await;
    assert!(String::from_utf8_lossy(&sent[0].body).contains(r#"{"items":[{"amount":1e999}]}"#));
}

#[tokio::test(start_paused = true)]
async fn only_filters_that_look_at_a_part_are_in_its_way() {
    let world = World::new(router).await;
    let looks_elsewhere = json!({"attributes": {"list": "a"}, "changes": {"$exist": false}});
    world.endpoint(json!({"url": HOOK, "filter": looks_elsewhere})).await;
    world.endpoint(json!({"url": HOOK, "event_types": ["b"], "filter": {"data": {"a": 1}}})).await;
    let deliveries = |answer: postrider_world::Answer| answer.json["deliveries"].clone();
    assert_eq!(deliveries(post(&world, HUGE).await.expect(202)), 0);
    let listed = HUGE.replacen('{', r#"{"attributes":{"list":["a","b"]},"#, 1);
    assert_eq!(deliveries(post(&world, &listed).await.expect(202)), 1);
    let changed = listed.replacen('{', r#"{"changes":{"n":1},"#, 1);
    assert_eq!(deliveries(post(&world, &changed).await.expect(202)), 0);
    let other = HUGE.replace(r#""type":"a""#, r#""type":"b""#);
    assert_eq!(post(&world, &other).await.expect(422).pointers(), ["/data/items/0/amount"]);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_no_schema_can_look_at_is_refused() {
    let world = World::new(router).await;
    let schema = json!({"schema": {"properties": {"items": {"type": "array", "maxItems": 9}}}});
    world.call(Method::PUT, "/v1/event-types/a", schema).await.expect(201);
    assert_eq!(post(&world, HUGE).await.expect(422).pointers(), ["/data/items/0/amount"]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_whose_stored_filter_cannot_be_read_gets_nothing() {
    let world = World::new(router).await;
    world.endpoint(json!({"url": HOOK, "filter": {"data": {"secret": false}}})).await;
    let store = world.engine.store();
    let project = store.project("acme").await.unwrap().unwrap();
    let tenant = store.tenant(project.key, "t1").await.unwrap().unwrap();
    let row = store.routes(tenant.key).await.unwrap().1.remove(0);
    let mut config = row.config.clone();
    config.filter = Some(json!({"data": {"secret": {"$unlike": true}}}));
    let now = world.engine.now();
    let patch =
        EndpointPatch { revision: row.revision, config: Some(config), sealed: None, change: None, now };
    store.update_endpoint(row.key, patch, None, audit()).await.unwrap().unwrap();
    world.engine.endpoint_changed(tenant.key, row.key).await;
    let event = world.event("a", json!({"secret": true})).await;
    world.pass(Duration::from_secs(10)).await;
    assert!(world.receivers.sent().is_empty(), "it got what its filter may keep out");
    let shown = world.get(&format!("/v1/events/{event}")).await.expect(200).json;
    assert_eq!(shown["deliveries"][0]["status"], "held");
}

#[tokio::test(start_paused = true)]
async fn a_filter_sees_the_time_of_acceptance_where_no_timestamp_was_sent() {
    let world = World::new(router).await;
    let from = |time: &str| json!({"url": HOOK, "filter": {"timestamp": {"$gte": time}}});
    world.endpoint(from("2026-01-22T10:30:00.000Z")).await;
    world.endpoint(from("2026-01-22T11:00:00.000Z")).await;
    let deliveries = |answer: postrider_world::Answer| answer.json["deliveries"].clone();
    let body = json!({"tenant": "t1", "type": "a", "data": {}});
    assert_eq!(deliveries(world.post("/v1/events", body).await.expect(202)), 1);
    let body = json!({"tenant": "t1", "type": "a", "data": {}, "timestamp": "2026-01-22T12:00:00Z"});
    assert_eq!(deliveries(world.post("/v1/events", body).await.expect(202)), 2);
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_event_must_end_in_time_by_the_longest_timetable_that_holds_for_it() {
    let world = World::new(router).await;
    let in_25_days = json!({"tenant": "t1", "type": "a", "data": 1, "deliver_at": "2026-02-16T10:30:00Z"});
    world.endpoint(json!({"url": HOOK})).await;
    world.post("/v1/events", in_25_days.clone()).await.expect(202);
    let ten_days: Vec<_> = std::iter::repeat_n(432_000, 2).collect();
    let path = world.endpoint(json!({"url": HOOK, "retry": {"schedule_seconds": ten_days}})).await;
    let refused = world.post("/v1/events", in_25_days.clone()).await.expect(422);
    assert_eq!(refused.pointers(), ["/deliver_at"]);
    let other_type = json!({"event_types": ["b"]});
    world.patch(&path, other_type).await.expect(200);
    world.post("/v1/events", in_25_days).await.expect(202);
    world.call(Method::DELETE, &path, Value::Null).await.expect(204);
}
