//! `/v1/projects…`

use std::time::Duration;

use http::Method;
use postrider_store::ProjectPatch;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::{World, audit};

const HOOK: &str = "https://hooks.example.com/in";

#[tokio::test(start_paused = true)]
async fn a_project_is_created_shown_changed_and_deleted() {
    let world = World::new(router).await;
    let body = json!({"id": "beta", "name": "Beta", "contract": "standard",
        "settings": {"retry": {"schedule_seconds": [5, 30]}, "timeout_seconds": 3, "retention_days": null}});
    let created = world.root(Method::POST, "/v1/projects", body).await.expect(201).json;
    assert_eq!(created["id"], "beta");
    assert_eq!(created["settings"], json!({"retry": {"schedule_seconds": [5, 30]}, "timeout_seconds": 3}));
    assert_eq!(created["created_at"], "2026-01-22T10:30:00.000Z");
    let patch = json!({"name": "B", "settings": {"timeout_seconds": null, "disable": "never"}});
    let changed = world.root(Method::PATCH, "/v1/projects/beta", patch).await.expect(200).json;
    assert_eq!(changed["settings"], json!({"retry": {"schedule_seconds": [5, 30]}, "disable": "never"}));
    assert_eq!(world.root(Method::GET, "/v1/projects/beta", Value::Null).await.expect(200).json["name"], "B");
    world.root(Method::DELETE, "/v1/projects/beta", Value::Null).await.expect(204);
    world.root(Method::GET, "/v1/projects/beta", Value::Null).await.expect(404);
    world.root(Method::DELETE, "/v1/projects/beta", Value::Null).await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_taken_is_a_conflict() {
    let world = World::new(router).await;
    let answer = world.root(Method::POST, "/v1/projects", json!({"id": "acme"})).await.expect(409);
    assert_eq!(answer.json["code"], "exists");
}

#[tokio::test(start_paused = true)]
async fn every_fault_of_a_project_is_pointed_at() {
    let world = World::new(router).await;
    let body = json!({"id": "Beta!", "contract": "nope", "name": "x".repeat(300), "settings": {"retention_days": 8}});
    let answer = world.root(Method::POST, "/v1/projects", body).await.expect(422);
    assert_eq!(answer.pointers(), ["/id", "/name", "/contract", "/settings/retention_days"]);
    assert!(answer.text.contains("standard"), "the valid contracts are named");
    for (body, pointer) in [
        (json!({"id": "b", "colour": "red"}), "/colour"),
        (json!({}), "/id"),
        (json!({"id": 1}), "/id"),
        (json!({"id": "b", "settings": {"retires": 1}}), "/settings/retires"),
        (json!({"id": "b", "settings": []}), "/settings"),
        (json!({"id": "b", "name": ""}), "/name"),
        (json!({"id": "b", "name": " \u{a0}"}), "/name"),
    ] {
        let answer = world.root(Method::POST, "/v1/projects", body.clone()).await.expect(422);
        assert_eq!(answer.pointers(), [pointer], "{body}");
    }
    for patch in [json!({"id": "c"}), json!({"nmae": "x"}), json!({"name": ""})] {
        let answer = world.root(Method::PATCH, "/v1/projects/acme", patch.clone()).await.expect(422);
        assert_eq!(answer.pointers().len(), 1, "{patch}");
    }
    let answer = world
        .root(Method::PATCH, "/v1/projects/acme", json!({"name": null, "contract": 1}))
        .await
        .expect(422);
    assert_eq!(answer.pointers(), ["/name", "/contract"]);
}

#[tokio::test(start_paused = true)]
async fn projects_are_listed_newest_first_in_pages() {
    let world = World::new(router).await;
    for id in ["b1", "b2", "b3"] {
        world.root(Method::POST, "/v1/projects", json!({"id": id})).await.expect(201);
    }
    let mut seen = Vec::new();
    let mut path = "/v1/projects?limit=3".to_owned();
    loop {
        let page = world.root(Method::GET, &path, Value::Null).await.expect(200).json;
        seen.extend(
            page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/projects?limit=3&cursor={cursor}");
    }
    assert_eq!(seen, ["b3", "b2", "b1", "acme"]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_page_is_refused() {
    let world = World::new(router).await;
    for (query, pointer) in [
        ("limit=0", "/limit"),
        ("limit=ten", "/limit"),
        ("cursor=!", "/cursor"),
        ("cursor=bm9wZQ", "/cursor"),
        ("sort=id", "/sort"),
    ] {
        let answer = world.root(Method::GET, &format!("/v1/projects?{query}"), Value::Null).await.expect(422);
        assert_eq!(answer.pointers(), [pointer], "{query}");
    }
    world.root(Method::GET, "/v1/projects?limit=100000", Value::Null).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_a_deleted_project_open_nothing() {
    let world = World::new(router).await;
    world.get("/v1/meta").await.expect(200);
    world.root(Method::DELETE, "/v1/projects/acme", Value::Null).await.expect(204);
    world.get("/v1/meta").await.expect(401);
}

#[tokio::test(start_paused = true)]
async fn changed_settings_hold_at_once() {
    let world = World::new(router).await;
    let event = json!({"tenant": "t1", "type": "a", "data": "x".repeat(2_000)});
    world.post("/v1/events", event.clone()).await.expect(202);
    let patch = json!({"settings": {"max_event_bytes": 1024}});
    world.root(Method::PATCH, "/v1/projects/acme", patch).await.expect(200);
    assert_eq!(world.post("/v1/events", event).await.expect(413).json["code"], "too_large");
}

#[tokio::test]
async fn changes_of_a_project_at_the_same_time_do_not_overwrite_each_other() {
    let world = World::on_threads(router, "standard").await;
    let change = |body: Value| world.root(Method::PATCH, "/v1/projects/acme", body);
    for round in 0..20 {
        let (name, days) = (format!("Acme {round}"), [7, 30, 90][round % 3]);
        let answers = tokio::join!(
            change(json!({ "name": name })),
            change(json!({"settings": {"retention_days": days}})),
            change(json!({"settings": {"timeout_seconds": round + 1}})),
        );
        for answer in <[_; 3]>::from(answers) {
            answer.expect(200);
        }
        let now = world.root(Method::GET, "/v1/projects/acme", Value::Null).await.expect(200).json;
        assert_eq!(now["name"], name);
        let settings = json!({"retention_days": days, "timeout_seconds": round + 1});
        assert_eq!(now["settings"], settings, "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_project_was_deleted_no_attempt_begins() {
    const HOOK: &str = "https://hooks.example.com/in";
    let world = World::new(router).await;
    world.endpoint(json!({"url": HOOK})).await;
    world.receivers.answer(HOOK, 500, b"no");
    world.event("a", json!({})).await;
    world.receivers.wait_for(1).await;
    world.root(Method::DELETE, "/v1/projects/acme", Value::Null).await.expect(204);
    world.pass(Duration::from_secs(3_600)).await;
    assert_eq!(world.receivers.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn routes_are_never_made_of_settings_older_than_their_version() {
    let world = World::new(router).await;
    world.endpoint(json!({"url": HOOK})).await;
    world.receivers.answer(HOOK, 500, b"");
    // Written, and not told to this engine: by another node, or by a request that goes on just now.
    let store = world.engine.store();
    let project = store.project("acme").await.unwrap().unwrap();
    let settings = Some(json!({"retry": {"schedule_seconds": []}}));
    let (revision, now) = (project.revision, world.engine.now());
    let patch = ProjectPatch { revision, name: None, contract: None, settings, now };
    store.update_project(project.key, patch, audit()).await.unwrap().unwrap();
    world.event("a", json!({})).await;
    world.pass(Duration::from_secs(600)).await;
    assert_eq!(world.receivers.sent().len(), 1, "the settings of before the change still hold");
}
