//! Every error answer is a problem.

use http::Method;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::{Answer, World};

fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!((&answer.json["status"], &answer.json["code"]), (&json!(status), &json!(code)));
    for member in ["type", "title", "detail"] {
        assert!(!answer.json[member].as_str().unwrap().is_empty(), "{member}");
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_paths_and_wrong_methods_are_problems() {
    let world = World::new(router).await;
    for path in ["/", "/v1", "/v1/nope", "/v1/projects/a/b/c", "/v1/events/", "/v1/tenants/%ff/endpoints"] {
        assert_problem(&world.get(path).await, 404, "not_found");
    }
    let wrong = world.delete("/v1/events").await;
    assert_problem(&wrong, 405, "method_not_allowed");
    let allow = wrong.headers["allow"].to_str().unwrap();
    assert!(allow.contains("POST") && allow.contains("GET"), "{allow}");
}

#[tokio::test(start_paused = true)]
async fn bad_bodies_have_each_their_own_problem() {
    let world = World::new(router).await;
    let send = |headers: &'static [(&'static str, &'static str)], body: Vec<u8>| {
        world.send(postrider_world::ROOT_KEY, Method::POST, "/v1/projects", headers, body)
    };
    assert_problem(&send(&[], b"{\"id\": ".to_vec()).await, 400, "malformed");
    assert_problem(&send(&[], b"{\"id\": \"\xff\"}".to_vec()).await, 400, "malformed");
    assert_problem(
        &send(&[], format!("{{\"id\": {}{}}}", "[".repeat(64), "]".repeat(64)).into_bytes()).await,
        400,
        "malformed",
    );
    assert_problem(&send(&[], b"[]".to_vec()).await, 422, "invalid");
    assert_problem(&send(&[], vec![b' '; 600_000]).await, 413, "too_large");
    assert_problem(&send(&[], Vec::new()).await, 415, "unsupported_media_type");
    assert_problem(
        &send(&[("content-encoding", "gzip")], b"{}".to_vec()).await,
        415,
        "unsupported_media_type",
    );
}

#[tokio::test(start_paused = true)]
async fn the_type_of_a_problem_leads_to_its_page() {
    let world = World::new(router).await;
    let problem = world.get("/v1/nope").await;
    let page = world.get(problem.json["type"].as_str().unwrap()).await.expect(200);
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(page.text.contains("not_found"));
    assert!(world.get("/docs/problems").await.expect(200).text.contains("idempotency_conflict"));
    world.get("/docs/problems/nope").await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn a_ready_server_says_so_without_a_key() {
    let world = World::new(router).await;
    for path in ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"] {
        world.send("", Method::GET, path, &[], Vec::new()).await.expect(200);
    }
    assert!(world.get("/metrics").await.text.contains("postrider_"));
    let meta = world.get("/v1/meta").await.expect(200).json;
    assert_eq!(meta, json!({"egress_ips": ["192.0.2.1", "192.0.2.2"], "version": "0"}));
    assert_ne!(meta, Value::Null);
}

#[tokio::test(start_paused = true)]
async fn the_root_key_alone_sees_the_nodes_and_a_process_with_its_own_store_is_the_only_one() {
    let world = World::new(router).await;
    world.get("/v1/nodes").await.expect(403);
    let nodes = world.root(Method::GET, "/v1/nodes", Value::Null).await.expect(200).json;
    let [node] = nodes["data"].as_array().map(Vec::as_slice).unwrap_or_default() else {
        panic!("one node: {nodes}");
    };
    let seen =
        ["role", "this", "status", "slots", "slots_in_all", "in_flight"].map(|field| node[field].clone());
    assert_eq!(seen, [json!("all"), json!(true), json!("alive"), json!(256), json!(256), json!(0)]);
}

#[tokio::test(start_paused = true)]
async fn an_action_with_nothing_to_say_refuses_a_body_that_says_something() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": "https://hooks.example.com/in"})).await;
    let action = |body: &'static [u8]| {
        let path = format!("{path}/disable");
        let world = &world;
        async move { world.send("sk_live_all", Method::POST, &path, &[], body.to_vec()).await }
    };
    assert_problem(&action(br#"{"zz": 1}"#).await, 422, "invalid");
    assert_problem(&action(b"{").await, 400, "malformed");
    action(b"{}").await.expect(200);
    action(b"").await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn what_can_be_no_tenants_id_is_not_found() {
    let world = World::new(router).await;
    for path in ["/v1/tenants/a%2Fb/endpoints", "/v1/tenants/..%2F/endpoints", "/v1/tenants/a%20b"] {
        assert_problem(&world.get(path).await, 404, "not_found");
    }
    world.get("/v1/tenants/not-seen-yet/endpoints").await.expect(200);
}
