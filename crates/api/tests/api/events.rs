//! `/v1/events…`

use std::time::Duration;

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

const HOOK: &str = "https://hooks.example.com/in";

#[tokio::test(start_paused = true)]
async fn an_event_is_accepted_delivered_and_shown() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    let raw = br#"{"tenant":"t1","type":"contact.created","data": {"b":1.50,"a":1E3,"n":123456789012345678901234567890}}"#;
    let answer = world.send("sk_live_all", Method::POST, "/v1/events", &[], raw.to_vec()).await.expect(202);
    assert_eq!(answer.json["deliveries"], 1);
    let sent = world.receivers.wait_for(1).await;
    let body = String::from_utf8(sent[0].body.to_vec()).unwrap();
    let data = r#"{"b":1.50,"a":1E3,"n":123456789012345678901234567890}"#;
    assert!(body.contains(data), "{body}");
    assert_eq!(sent[0].url, HOOK);
    world.pass(Duration::from_secs(1)).await;
    let shown = world.get(&format!("/v1/events/{}", answer.id())).await.expect(200);
    assert!(shown.text.contains(data), "{}", shown.text);
    assert_eq!((&shown.json["tenant"], &shown.json["type"]), (&json!("t1"), &json!("contact.created")));
    let delivery = &shown.json["deliveries"][0];
    assert_eq!((&delivery["status"], &delivery["attempt_count"]), (&json!("delivered"), &json!(1)));
    assert_eq!(delivery["endpoint"], path.rsplit('/').next().unwrap());
}

#[tokio::test(start_paused = true)]
async fn an_event_nobody_wants_is_kept() {
    let world = World::new(router).await;
    let answer = world.post("/v1/events", json!({"tenant": "new", "type": "a", "data": 1})).await.expect(202);
    assert_eq!(answer.json["deliveries"], 0);
    world.get(&format!("/v1/events/{}", answer.id())).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn bad_events_are_refused_with_every_pointer() {
    let world = World::new(router).await;
    let body = json!({"type": 7, "data": {}, "colour": 1, "timestamp": "yesterday"});
    let answer = world.post("/v1/events", body).await.expect(422);
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/colour", "/tenant", "/timestamp", "/type"]);
    for (body, status) in [
        (&b"{"[..], 400),
        (b"", 415),
        (b"\xff", 400),
        (b"{} {}", 400),
        (b"[]", 422),
        (br#"{"tenant":"t 1","type":"a","data":1}"#, 422),
        (br#"{"tenant":"t1","type":"a*","data":1}"#, 422),
        (br#"{"tenant":"t1","type":"a","data":{"x":"\ud800"}}"#, 422),
        (br#"{"tenant":"t1","type":"a","data":1,"attributes":{"a":1}}"#, 422),
    ] {
        world.send("sk_live_all", Method::POST, "/v1/events", &[], body.to_vec()).await.expect(status);
    }
    let deep = format!(r#"{{"tenant":"t1","type":"a","data":{}{}}}"#, "[".repeat(100), "]".repeat(100));
    let answer = world.send("sk_live_all", Method::POST, "/v1/events", &[], deep.into_bytes()).await;
    assert!(matches!(answer.status.as_u16(), 400 | 422), "{}", answer.text);
    let text = [("content-type", "text/plain")];
    world.send("sk_live_all", Method::POST, "/v1/events", &text, Vec::new()).await.expect(415);
}

#[tokio::test(start_paused = true)]
async fn an_event_larger_than_the_limit_is_refused() {
    let world = World::new(router).await;
    for bytes in [262_144, 400_000] {
        let body = json!({"tenant": "t1", "type": "a", "data": "x".repeat(bytes)});
        let answer = world.post("/v1/events", body).await.expect(413);
        assert_eq!(answer.json["code"], "too_large");
    }
    let batch = json!({"events": [{"tenant": "t1", "type": "a", "data": "x".repeat(262_144)}]});
    world.post("/v1/events/batch", batch).await.expect(413);
}

#[tokio::test(start_paused = true)]
async fn the_same_idempotency_key_does_it_once() {
    let world = World::new(router).await;
    world.endpoint(json!({"url": HOOK})).await;
    let body = json!({"tenant": "t1", "type": "a", "data": 1, "idempotency_key": "k1"});
    let first = world.post("/v1/events", body.clone()).await.expect(202);
    let again = world.post("/v1/events", body.clone()).await.expect(202);
    assert_eq!(first.json, again.json);
    let other = json!({"tenant": "t1", "type": "a", "data": 2, "idempotency_key": "k1"});
    assert_eq!(world.post("/v1/events", other).await.expect(409).json["code"], "idempotency_conflict");
    let bytes = serde_json::to_vec(&body).unwrap();
    let header = [("idempotency-key", "k2")];
    let differ = world.send("sk_live_all", Method::POST, "/v1/events", &header, bytes).await.expect(422);
    assert_eq!(differ.pointers(), ["/idempotency_key"]);
    let bare = br#"{"tenant":"t1","type":"a","data":1}"#.to_vec();
    let one = world.send("sk_live_all", Method::POST, "/v1/events", &header, bare.clone()).await.expect(202);
    let two = world.send("sk_live_all", Method::POST, "/v1/events", &header, bare).await.expect(202);
    assert_eq!(one.id(), two.id());
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    let elsewhere = world.call_as("sk_test_all", Method::POST, "/v1/events", body).await.expect(202);
    assert_ne!(elsewhere.id(), first.id());
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(world.receivers.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_accepted_whole_or_not_at_all() {
    let world = World::new(router).await;
    let event = |kind: &str| json!({"tenant": "t1", "type": kind, "data": {}});
    let good = json!({"events": [event("a"), event("b")]});
    let answer = world.post("/v1/events/batch", good).await.expect(202);
    let data = answer.json["data"].as_array().unwrap();
    assert_eq!(data.len(), 2);
    assert!(data.iter().all(|one| one["id"].as_str().unwrap().starts_with("evt_") && one["deliveries"] == 0));

    let bad = json!({"events": [event("a"), event("b*"), {"tenant": "t1", "type": "c", "data": 1, "x": 1}]});
    let answer = world.post("/v1/events/batch", bad).await.expect(422);
    assert!(answer.pointers().iter().all(|pointer| pointer.starts_with("/events/")), "{}", answer.text);
    let bad = json!({"events": [event("a"), event("b*")]});
    assert_eq!(world.post("/v1/events/batch", bad).await.expect(422).pointers(), ["/events/1/type"]);
    assert_eq!(world.get("/v1/events").await.expect(200).json["data"].as_array().unwrap().len(), 2);
    let many: Vec<_> = (0..1_001).map(|_| event("a")).collect();
    assert_eq!(
        world.post("/v1/events/batch", json!({"events": many})).await.expect(422).pointers(),
        ["/events"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_idempotency_header_covers_a_whole_batch() {
    let world = World::new(router).await;
    let header = [("idempotency-key", "batch-1")];
    let body =
        br#"{"events":[{"tenant":"t1","type":"a","data":1},{"tenant":"t1","type":"a","data":2}]}"#.to_vec();
    let post = |body: Vec<u8>| world.send("sk_live_all", Method::POST, "/v1/events/batch", &header, body);
    let first = post(body.clone()).await.expect(202);
    assert_eq!(post(body).await.expect(202).json, first.json);
    post(br#"{"events":[{"tenant":"t1","type":"a","data":1}]}"#.to_vec()).await.expect(409);
    assert_eq!(world.get("/v1/events").await.expect(200).json["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn events_are_listed_newest_first_and_narrowed() {
    let world = World::new(router).await;
    world.key("sk_live_t2", Mode::Live, Some("t2"), &["*"]).await;
    for (tenant, kind) in [("t1", "a"), ("t2", "b"), ("t1", "c")] {
        world.post("/v1/events", json!({"tenant": tenant, "type": kind, "data": 1})).await.expect(202);
        world.pass(Duration::from_secs(10)).await;
    }
    let kinds = |answer: &Value| {
        let rows = answer["data"].as_array().unwrap().iter();
        rows.map(|row| row["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("")
    };
    for (query, expected) in [
        ("", "cba"),
        ("?tenant=t1", "ca"),
        ("?tenant=nobody", ""),
        ("?type=b", "b"),
        // A type's name may hold a comma.
        ("?type=b,c", ""),
        ("?since=2026-01-22T10:30:10Z", "cb"),
        ("?until=2026-01-22T10:30:10Z", "a"),
        ("?limit=1", "c"),
    ] {
        let list = world.get(&format!("/v1/events{query}")).await.expect(200).json;
        assert_eq!(kinds(&list), expected, "{query}");
    }
    let own = world.call_as("sk_live_t2", Method::GET, "/v1/events", Value::Null).await.expect(200).json;
    assert_eq!(kinds(&own), "b");
    let other =
        world.call_as("sk_live_t2", Method::GET, "/v1/events?tenant=t1", Value::Null).await.expect(200).json;
    assert_eq!(kinds(&other), "");
    let mut walked = String::new();
    let mut path = "/v1/events?limit=1".to_owned();
    loop {
        let page = world.get(&path).await.expect(200).json;
        walked.push_str(&kinds(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/events?limit=1&cursor={cursor}");
    }
    assert_eq!(walked, "cba");
}

#[tokio::test(start_paused = true)]
async fn a_tenants_key_sends_for_its_own_tenant_only_and_sees_nothing_else() {
    let world = World::new(router).await;
    world.key("sk_live_t2", Mode::Live, Some("t2"), &["*"]).await;
    let body = json!({"tenant": "t1", "type": "a", "data": 1});
    world.call_as("sk_live_t2", Method::POST, "/v1/events", body).await.expect(403);
    let event = world.event("a", json!(1)).await;
    world.call_as("sk_live_t2", Method::GET, &format!("/v1/events/{event}"), Value::Null).await.expect(404);
    world
        .call_as("sk_live_t2", Method::DELETE, &format!("/v1/events/{event}/data"), Value::Null)
        .await
        .expect(404);
    world.get(&format!("/v1/events/{event}")).await.expect(200);
    world.get("/v1/events/evt_0000000000000000000000").await.expect(404);
    world.get("/v1/events/nonsense").await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn erased_data_is_gone_and_the_event_stays() {
    let world = World::new(router).await;
    world.endpoint(json!({"url": HOOK})).await;
    let event = world.event("a", json!({"name": "Ada"})).await;
    world.receivers.wait_for(1).await;
    world.pass(Duration::from_secs(1)).await;
    world.delete(&format!("/v1/events/{event}/data")).await.expect(204);
    let shown = world.get(&format!("/v1/events/{event}")).await.expect(200);
    assert_eq!(shown.json["data"], Value::Null);
    assert!(!shown.text.contains("Ada"));
    assert_eq!(shown.json["deliveries"][0]["status"], "delivered");
}

#[tokio::test(start_paused = true)]
async fn attributes_that_are_too_large_are_refused() {
    let world = World::new(router).await;
    let event = |length: usize| json!({"tenant": "t1", "type": "a", "data": 1, "attributes": {"a": "x".repeat(length)}});
    world.post("/v1/events", event(16_000)).await.expect(202);
    assert_eq!(world.post("/v1/events", event(17_000)).await.expect(422).pointers(), ["/attributes"]);
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_event_waits_for_its_time() {
    let world = World::new(router).await;
    world.endpoint(json!({"url": HOOK})).await;
    let body = json!({"tenant": "t1", "type": "a", "data": 1, "deliver_at": "2026-01-22T11:30:00Z"});
    let id = world.post("/v1/events", body).await.expect(202).id();
    world.pass(Duration::from_secs(3_500)).await;
    assert!(world.receivers.sent().is_empty());
    assert_eq!(
        world.get(&format!("/v1/events/{id}")).await.expect(200).json["deliver_at"],
        "2026-01-22T11:30:00.000Z"
    );
    world.receivers.wait_for(1).await;
    let late = json!({"tenant": "t1", "type": "a", "data": 1, "deliver_at": "2027-01-22T11:30:00Z"});
    assert_eq!(world.post("/v1/events", late).await.expect(422).pointers(), ["/deliver_at"]);
}

#[tokio::test(start_paused = true)]
async fn an_idempotency_key_is_remembered_over_a_crash() {
    let world = World::new(router).await;
    let body = json!({"tenant": "t1", "type": "a", "data": 1, "idempotency_key": "k1"});
    let first = world.post("/v1/events", body.clone()).await.expect(202);
    let world = world.crash().await;
    assert_eq!(world.post("/v1/events", body).await.expect(202).json, first.json);
    let other = json!({"tenant": "t1", "type": "a", "data": 2, "idempotency_key": "k1"});
    world.post("/v1/events", other).await.expect(409);
}
