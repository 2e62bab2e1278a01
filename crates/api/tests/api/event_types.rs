//! `/v1/event-types…`

use http::Method;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

async fn put(world: &World, name: &str, body: Value) -> postrider_world::Answer {
    world.call(Method::PUT, &format!("/v1/event-types/{name}"), body).await
}

#[tokio::test(start_paused = true)]
async fn a_type_is_declared_replaced_listed_and_archived() {
    let world = World::new(router).await;
    let first = json!({"description": "One", "schema": {"type": "object"}, "example": {"a": 1}});
    let created = put(&world, "contact%20made", first).await.expect(201).json;
    assert_eq!((&created["name"], &created["example"]), (&json!("contact made"), &json!({"a": 1})));
    let replaced = put(&world, "contact%20made", json!({"description": "Two"})).await.expect(200).json;
    assert_eq!((&replaced["description"], &replaced["schema"]), (&json!("Two"), &Value::Null));
    put(&world, "a", Value::Null).await.expect(201);
    let names = |list: &Value| {
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let list = world.get("/v1/event-types").await.expect(200).json;
    assert!(names(&list).ends_with(&["a".to_owned(), "contact made".to_owned()]), "{list}");
    world.delete("/v1/event-types/a").await.expect(204);
    assert!(!names(&world.get("/v1/event-types").await.expect(200).json).contains(&"a".to_owned()));
    assert!(world.get("/v1/event-types/a").await.expect(200).json["archived_at"].is_string());
    world.delete("/v1/event-types/nope").await.expect(404);
    world.get("/v1/event-types/nope").await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_breaks_its_types_schema_is_refused_with_pointers() {
    let world = World::new(router).await;
    let schema = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "tags": {"items": {"type": "string"}}}});
    put(&world, "order.made", json!({"schema": schema})).await.expect(201);
    let event = |data: Value| json!({"tenant": "t1", "type": "order.made", "data": data});
    let refused = world.post("/v1/events", event(json!({"id": 1, "tags": ["a", 2]}))).await.expect(422);
    let mut pointers = refused.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/data/id", "/data/tags/1"]);
    world.post("/v1/events", event(json!({"id": "1"}))).await.expect(202);
    // A new schema holds at once.
    put(&world, "order.made", json!({"schema": {"type": "string"}})).await.expect(200);
    world.post("/v1/events", event(json!({"id": "1"}))).await.expect(422);
}

#[tokio::test(start_paused = true)]
async fn every_fault_of_a_type_is_pointed_at() {
    let world = World::new(router).await;
    for (body, pointer) in [
        (json!({"schema": {"properties": {"a": {"type": "strin"}}}}), "/schema/properties/a/type"),
        (json!({"schema": {"$ref": "https://example.com/s.json"}}), "/schema/$ref"),
        (json!({"schema": {"type": "string"}, "example": 1}), "/example"),
        (json!({"schema": {"properties": {"a": {"type": "string"}}}, "example": {"a": 1}}), "/example/a"),
        (json!({"description": "x".repeat(5_000)}), "/description"),
        (json!({"colour": 1}), "/colour"),
    ] {
        let answer = put(&world, "a", body.clone()).await.expect(422);
        assert_eq!(answer.pointers(), [pointer], "{body}");
    }
    put(&world, "a*b", json!({})).await.expect(422);
    put(&world, "a%00b", json!({})).await.expect(422);
    world.get("/v1/event-types/a").await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn a_closed_catalogue_takes_what_is_declared() {
    let world = World::under(router, "strict").await;
    let event = json!({"tenant": "t1", "type": "lead.won", "data": {}});
    let refused = world.post("/v1/events", event.clone()).await.expect(422);
    assert_eq!(refused.pointers(), ["/type"]);
    assert!(refused.text.contains("lead.created") && refused.text.contains("lead.lost"), "{}", refused.text);
    put(&world, "lead.won", json!({})).await.expect(201);
    world.post("/v1/events", event).await.expect(202);
}

#[tokio::test(start_paused = true)]
async fn the_contracts_types_are_in_the_catalogue() {
    let world = World::under(router, "strict").await;
    put(&world, "z", json!({})).await.expect(201);
    let mut names = Vec::new();
    let mut path = "/v1/event-types?limit=1".to_owned();
    loop {
        let page = world.get(&path).await.expect(200).json;
        names.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| (row["name"].as_str().unwrap().to_owned(), row["from_contract"] == true)),
        );
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/event-types?limit=1&cursor={cursor}");
    }
    assert_eq!(
        names,
        [("lead.created".to_owned(), true), ("lead.lost".to_owned(), true), ("z".to_owned(), false)]
    );
    assert_eq!(
        world.get("/v1/event-types/lead.lost").await.expect(200).json["description"],
        "A lead is lost"
    );
    world.delete("/v1/event-types/lead.lost").await.expect(409);
}

#[tokio::test(start_paused = true)]
async fn an_example_is_shown_as_a_test_event_of_it_arrives() {
    let world = World::new(router).await;
    put(&world, "a.b", json!({"example": {"z": 1, "a": [true]}})).await.expect(201);
    let endpoint = world.endpoint(json!({"url": "https://hooks.example.com/in"})).await;
    world.post(&format!("{endpoint}/test"), json!({"type": "a.b"})).await.expect(200);
    let sent = world.receivers.sent().remove(0);
    let shown = world.get("/v1/event-types/a.b/example").await.expect(200).json;
    let body: Value = serde_json::from_str(shown["body"].as_str().unwrap()).unwrap();
    let arrived: Value = serde_json::from_str(sent.text()).unwrap();
    assert_eq!((&body["type"], &body["data"]), (&arrived["type"], &arrived["data"]));
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&body), names(&arrived));
    for header in shown["headers"].as_array().unwrap() {
        assert!(!sent.header(header["name"].as_str().unwrap()).is_empty(), "{header} is not sent");
    }
    world.get("/v1/event-types/none/example").await.expect(404);
}
