//! `/v1/deliveries`, `/v1/events/{event}/deliveries/{endpoint}…`

use std::time::Duration;

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

const HOOK: &str = "https://hooks.example.com/in";

/// An endpoint that fails, an event for it, and the path of the delivery after the first attempt.
async fn failing(world: &World) -> (String, String) {
    world.receivers.answer(HOOK, 500, b"\xff\xfebroken");
    let endpoint = world.endpoint(json!({"url": HOOK, "retry": {"schedule_seconds": [60]}})).await;
    let event = world.event("a.b", json!({})).await;
    world.receivers.wait_for(1).await;
    world.pass(Duration::from_secs(1)).await;
    let id = endpoint.rsplit('/').next().unwrap();
    let delivery = format!("/v1/events/{event}/deliveries/{id}");
    (endpoint, delivery)
}

#[tokio::test(start_paused = true)]
async fn a_delivery_shows_each_attempt() {
    let world = World::new(router).await;
    let (_, path) = failing(&world).await;
    let pending = world.get(&path).await.expect(200).json;
    assert_eq!((&pending["status"], &pending["attempt_count"]), (&json!("pending"), &json!(1)));
    let first = &pending["attempts"][0];
    assert_eq!(
        (&first["number"], &first["response_status"], &first["success"]),
        (&json!(1), &json!(500), &json!(false))
    );
    assert_eq!(
        (&first["response_excerpt_encoding"], &first["response_excerpt"]),
        (&json!("base64"), &json!("//5icm9rZW4="))
    );
    assert!(first["id"].as_str().unwrap().starts_with("whd_"));
    assert!(first["error"].is_string() && first["latency_ms"].is_u64());
    assert_eq!(first["next_attempt_at"], pending["next_attempt_at"]);
    assert!(pending["next_attempt_at"].is_string());

    world.receivers.wait_for(2).await;
    world.pass(Duration::from_secs(1)).await;
    let failed = world.get(&path).await.expect(200).json;
    assert_eq!((&failed["status"], &failed["attempt_count"]), (&json!("failed"), &json!(2)));
    assert_eq!(failed["attempts"][0]["id"], first["id"], "an attempt's id stays");
    assert_eq!(
        (&failed["attempts"][0]["next_attempt_at"], &failed["next_attempt_at"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test(start_paused = true)]
async fn deliveries_are_listed_by_state_endpoint_type_and_tenant() {
    let world = World::new(router).await;
    let (endpoint, _) = failing(&world).await;
    let id = endpoint.rsplit('/').next().unwrap();
    let other = world.endpoint(json!({"url": "https://other.example.com/", "event_types": ["c"]})).await;
    world.event("c", json!({})).await;
    world.receivers.wait_for(3).await;
    world.pass(Duration::from_secs(1)).await;
    for (query, count) in [
        (String::new(), 3),
        ("?status=pending,failed".to_owned(), 2),
        ("?status=delivered".to_owned(), 1),
        ("?status=held".to_owned(), 0),
        (format!("?endpoint={id}"), 2),
        (format!("?endpoint={}", other.rsplit('/').next().unwrap()), 1),
        ("?endpoint=ep_nonsense".to_owned(), 0),
        ("?type=c".to_owned(), 2),
        ("?tenant=t1".to_owned(), 3),
        ("?tenant=t2".to_owned(), 0),
        ("?until=2026-01-22T10:30:00Z".to_owned(), 0),
    ] {
        let list = world.get(&format!("/v1/deliveries{query}")).await.expect(200);
        assert_eq!(list.json["data"].as_array().unwrap().len(), count, "{query}: {}", list.text);
    }
    assert_eq!(world.get("/v1/deliveries?status=lost").await.expect(422).pointers(), ["/status"]);
}

#[tokio::test(start_paused = true)]
async fn another_tenants_deliveries_are_neither_listed_nor_found() {
    let world = World::new(router).await;
    world.key("sk_live_t2", Mode::Live, Some("t2"), &["*"]).await;
    let (_, path) = failing(&world).await;
    let list =
        world.call_as("sk_live_t2", Method::GET, "/v1/deliveries?tenant=t1", Value::Null).await.expect(200);
    assert_eq!(list.json["data"], json!([]));
    world.call_as("sk_live_t2", Method::GET, &path, Value::Null).await.expect(404);
    for action in ["resend", "cancel"] {
        world.call_as("sk_live_t2", Method::POST, &format!("{path}/{action}"), Value::Null).await.expect(404);
    }
    assert_eq!(world.get(&path).await.expect(200).json["status"], "pending");
}

#[tokio::test(start_paused = true)]
async fn a_failed_delivery_is_sent_again_with_the_same_event_id() {
    let world = World::new(router).await;
    let (_, path) = failing(&world).await;
    let resend = format!("{path}/resend");
    assert_eq!(world.post(&resend, Value::Null).await.expect(409).json["code"], "pending");
    world.receivers.wait_for(2).await;
    world.pass(Duration::from_secs(1)).await;
    world.receivers.answer(HOOK, 200, b"");
    assert_eq!(world.post(&resend, Value::Null).await.expect(202).json["status"], "pending");
    let sent = world.receivers.wait_for(3).await;
    assert_eq!(sent[2].headers["webhook-id"], sent[0].headers["webhook-id"]);
    world.pass(Duration::from_secs(1)).await;
    let delivery = world.get(&path).await.expect(200).json;
    assert_eq!((&delivery["status"], &delivery["attempts"][2]["number"]), (&json!("delivered"), &json!(3)));
}

#[tokio::test(start_paused = true)]
async fn a_delivery_of_a_disabled_endpoint_is_not_sent_again() {
    let world = World::new(router).await;
    let (endpoint, path) = failing(&world).await;
    world.post(&format!("{endpoint}/disable"), Value::Null).await.expect(200);
    assert_eq!(world.get(&path).await.expect(200).json["status"], "held");
    let answer = world.post(&format!("{path}/resend"), Value::Null).await.expect(409);
    assert_eq!(answer.json["code"], "endpoint_disabled");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_delivery_is_not_tried_again() {
    let world = World::new(router).await;
    let (_, path) = failing(&world).await;
    assert_eq!(
        world.post(&format!("{path}/cancel"), Value::Null).await.expect(200).json["status"],
        "cancelled"
    );
    world.post(&format!("{path}/cancel"), Value::Null).await.expect(409);
    world.pass(Duration::from_secs(3_600)).await;
    assert_eq!(world.receivers.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_retention_a_resend_is_gone() {
    let world = World::new(router).await;
    let old = "evt_0000000000000000000000";
    world.post(&format!("/v1/events/{old}/deliveries/{old}/resend"), Value::Null).await.expect(404);
    let ordinal = postrider_model::id::Ordinal::at(postrider_model::time::Millis(1_700_000_000_000));
    let uuid = ordinal.to_uuid(world.engine.salt());
    let event = postrider_model::id::IdForm::prefix("evt_").show(uuid);
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    let id = endpoint.rsplit('/').next().unwrap();
    world.post(&format!("/v1/events/{event}/deliveries/{id}/resend"), Value::Null).await.expect(410);
    world.get(&format!("/v1/events/{event}/deliveries/{id}")).await.expect(404);
}

/// What the API shows of a delivery's request.
async fn shown(world: &World, event: &str, endpoint: &str) -> Value {
    let id = endpoint.rsplit('/').next().unwrap();
    world.get(&format!("/v1/events/{event}/deliveries/{id}/request")).await.expect(200).json
}

#[tokio::test(start_paused = true)]
async fn the_request_is_shown_as_it_was_sent_but_for_its_secrets() {
    for contract in ["standard", "scopien", "backend"] {
        let world = World::under(router, contract).await;
        let kind = world.get("/v1/event-types").await.json["data"][0]["name"].clone();
        let kind = kind.as_str().unwrap_or("a.b").to_owned();
        let mut endpoint = json!({"url": HOOK});
        if contract != "backend" {
            endpoint["headers"] = json!({"X-Trace": "on", "Authorization": "Bearer hush"});
        }
        let endpoint = world.endpoint(endpoint).await;
        let event = world.event(&kind, json!({"z": 1.50, "a": null})).await;
        world.receivers.wait_for(1).await;
        world.pass(Duration::from_secs(1)).await;
        let sent = world.receivers.sent_to(HOOK).remove(0);
        let request = shown(&world, &event, &endpoint).await;
        assert_eq!((&request["url"], &request["batch"]), (&json!(HOOK), &json!(false)), "{contract}");
        assert_eq!(request["body"], sent.text(), "{contract}");
        let mut names: Vec<_> = sent.headers.keys().map(|name| name.as_str().to_owned()).collect();
        for header in request["headers"].as_array().unwrap() {
            let name = header["name"].as_str().unwrap().to_ascii_lowercase();
            names.retain(|sent| *sent != name);
            match header["hidden"].as_str() {
                None => assert_eq!(header["value"], sent.header(&name), "{contract} {name}"),
                Some(_) => {
                    assert!(header["value"].is_null() && !sent.header(&name).is_empty(), "{contract} {name}")
                }
            }
        }
        assert!(names.is_empty(), "{contract}: {names:?} are not shown");
        assert!(!request.to_string().contains("hush"), "{contract}: {request}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_shows_its_event_in_a_list_where_it_travels_in_batches_and_nothing_once_it_is_erased() {
    let world = World::under(router, "scopien").await;
    let endpoint = json!({"url": HOOK, "event_types": ["lead.created"], "batch": {"max_size": 10, "max_wait_seconds": 1}});
    let endpoint = world.endpoint(endpoint).await;
    let event = world.event("lead.created", json!({"n": 1})).await;
    world.receivers.wait_for(1).await;
    world.pass(Duration::from_secs(1)).await;
    let request = shown(&world, &event, &endpoint).await;
    assert_eq!(
        (&request["batch"], &request["body"]),
        (&json!(true), &json!(world.receivers.sent_to(HOOK)[0].text()))
    );
    world.delete(&format!("/v1/events/{event}/data")).await.expect(204);
    assert_eq!(shown(&world, &event, &endpoint).await["body"], Value::Null);
    let id = endpoint.rsplit('/').next().unwrap();
    let path = format!("/v1/events/{event}/deliveries/{id}/request");
    world.key("sk_live_other", Mode::Live, Some("t2"), &["*"]).await;
    world.call_as("sk_live_other", Method::GET, &path, Value::Null).await.expect(404);
}
