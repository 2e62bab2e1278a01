//! `/v1/search`

use std::time::Duration;

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

#[tokio::test(start_paused = true)]
async fn an_id_says_what_it_stands_for_to_whoever_may_see_it() {
    let world = World::new(router).await;
    world.key("sk_live_t1", Mode::Live, Some("t1"), &["webhooks:read"]).await;
    world.key("sk_live_t2", Mode::Live, Some("t2"), &["webhooks:read"]).await;
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    let url = json!({"url": "https://a.example/hook"});
    let endpoint = world.post("/v1/tenants/t1/endpoints", url).await.expect(201).id();
    let event = json!({"tenant": "t1", "type": "contact.created", "data": {}});
    let event = world.post("/v1/events", event).await.expect(202).id();
    world.pass(Duration::from_secs(2)).await;
    let delivery = world.get(&format!("/v1/events/{event}/deliveries/{endpoint}")).await.expect(200).json;
    let attempt = delivery["attempts"][0]["id"].as_str().unwrap().to_owned();
    let replay = format!("/v1/tenants/t1/endpoints/{endpoint}/replay");
    let replay = world.post(&replay, json!({"status": ["delivered"]})).await.expect(202).id();
    let found = |kind: &str, [tenant, event, endpoint, replay]: [Option<&str>; 4]| json!({"kind": kind, "tenant": tenant, "event": event, "endpoint": endpoint, "replay": replay});
    let all = [
        (&event, found("event", [None, Some(&event), None, None])),
        (&endpoint, found("endpoint", [Some("t1"), None, Some(&endpoint), None])),
        (&replay, found("replay", [None, None, None, Some(&replay)])),
        (&"t1".to_owned(), found("tenant", [Some("t1"), None, None, None])),
        (&attempt, found("attempt", [None, Some(&event), Some(&endpoint), None])),
    ];
    for (id, found) in &all {
        let path = format!("/v1/search?id={id}");
        let ask = async |key: &str| world.call_as(key, Method::GET, &path, Value::Null).await;
        for key in ["sk_live_all", "sk_live_t1"] {
            assert_eq!(ask(key).await.expect(200).json, *found, "{key} {id}");
        }
        ask("sk_live_t2").await.expect(404);
        // Tenants are one list for both modes.
        ask("sk_test_all").await.expect(if *id == "t1" { 200 } else { 404 });
    }
    for nothing in ["", "t3", "evt_1", "whd_1", "a%2F..", "%00", &"x".repeat(300)] {
        world.get(&format!("/v1/search?id={nothing}")).await.expect(404);
    }
}
