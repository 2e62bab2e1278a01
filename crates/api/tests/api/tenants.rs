//! `/v1/tenants…` and `/v1/audit`

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

const HOOK: &str = "https://hooks.example.com/in";

#[tokio::test(start_paused = true)]
async fn a_tenant_is_made_on_first_use_and_ends_with_everything_it_has() {
    let world = World::new(router).await;
    world.get("/v1/tenants/t1").await.expect(404);
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    assert_eq!(world.get("/v1/tenants/t1").await.expect(200).json["id"], "t1");
    let body = json!({"mode": "live", "tenant": "t1", "scopes": ["*"]});
    let key = world.root(Method::POST, "/v1/projects/acme/keys", body).await.expect(201).json["key"].clone();
    let key = key.as_str().unwrap();
    world.call_as(key, Method::GET, &endpoint, Value::Null).await.expect(200);
    world.delete("/v1/tenants/t1").await.expect(204);
    world.call_as(key, Method::GET, &endpoint, Value::Null).await.expect(401);
    world.get("/v1/tenants/t1").await.expect(404);
    world.get(&endpoint).await.expect(404);
    world.delete("/v1/tenants/t1").await.expect(404);
    assert_eq!(world.get("/v1/tenants").await.expect(200).json["data"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn after_a_tenant_was_deleted_no_attempt_begins() {
    const OTHER: &str = "https://hooks.example.com/other";
    let world = World::new(router).await;
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    // Two lanes in one world, one in the other; and one of somebody else, which goes on.
    for (key, tenant, url) in [
        ("sk_live_all", "t1", HOOK),
        ("sk_live_all", "t1", HOOK),
        ("sk_test_all", "t1", HOOK),
        ("sk_live_all", "t2", OTHER),
    ] {
        let path = format!("/v1/tenants/{tenant}/endpoints");
        world.call_as(key, Method::POST, &path, json!({"url": url})).await.expect(201);
    }
    world.receivers.answer(HOOK, 500, b"no");
    world.receivers.answer(OTHER, 500, b"no");
    for (key, tenant) in [("sk_live_all", "t1"), ("sk_test_all", "t1"), ("sk_live_all", "t2")] {
        let event = json!({"tenant": tenant, "type": "a", "data": {}});
        world.call_as(key, Method::POST, "/v1/events", event).await.expect(202);
    }
    world.receivers.wait_for(4).await;
    world.delete("/v1/tenants/t1").await.expect(204);
    world.pass(std::time::Duration::from_secs(3_600)).await;
    let sent = world.receivers.sent();
    let to = |url: &str| sent.iter().filter(|sent| sent.url == url).count();
    assert_eq!(to(HOOK), 3, "an attempt began for a tenant that was gone");
    assert!(to(OTHER) > 1, "another tenant's retries stopped too");
}

#[tokio::test(start_paused = true)]
async fn every_change_is_in_the_audit_log_with_its_actor() {
    let world = World::new(router).await;
    let endpoint =
        world.endpoint(json!({"url": HOOK, "secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"})).await;
    world.patch(&endpoint, json!({"name": "x"})).await.expect(200);
    world.call(Method::PUT, "/v1/event-types/a", json!({})).await.expect(201);
    world.root(Method::PATCH, "/v1/projects/acme", json!({"name": "A"})).await.expect(200);
    let key =
        world.root(Method::POST, "/v1/projects/acme/keys", json!({"scopes": ["*"], "tenant": "t2"})).await;
    let key = key.expect(201).json["key"].as_str().unwrap().to_owned();
    let log = world.get("/v1/audit").await.expect(200);
    let entries: Vec<_> = log.json["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["action"].as_str().unwrap(), e["actor"].as_str().unwrap()))
        .collect();
    let own = "key:sk_live_all";
    assert_eq!(
        entries[..5],
        [
            ("key.create", "root"),
            ("project.update", "root"),
            ("event_type.put", own),
            ("endpoint.update", own),
            ("endpoint.create", own)
        ]
    );
    assert!(!log.text.contains("MDEyMzQ1") && !log.text.contains(&key), "no secret is in it");

    let of_tenant = world.get("/v1/audit?tenant=t1&action=endpoint.create").await.expect(200).json;
    assert_eq!(of_tenant["data"].as_array().unwrap().len(), 1);
    let narrowed = world.call_as(&key, Method::GET, "/v1/audit", Value::Null).await.expect(200).json;
    assert!(narrowed["data"].as_array().unwrap().iter().all(|entry| entry["tenant"] == "t2"));
    let other = world.call_as(&key, Method::GET, "/v1/audit?tenant=t1", Value::Null).await.expect(200).json;
    assert_eq!(other["data"], json!([]));
    world.get("/v1/audit?since=yesterday").await.expect(422);
    assert_eq!(world.get("/v1/audit?until=2026-01-22T10:30:00Z").await.expect(200).json["data"], json!([]));
}
