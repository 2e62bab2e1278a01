//! `/v1/projects/{project}/keys…`

use http::Method;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

const KEYS: &str = "/v1/projects/acme/keys";

#[tokio::test(start_paused = true)]
async fn a_key_is_shown_once_and_works_until_it_is_revoked() {
    let world = World::new(router).await;
    let body = json!({"name": "ci", "mode": "test", "tenant": null, "scopes": ["webhooks:read"]});
    let created = world.root(Method::POST, KEYS, body).await.expect(201);
    let key = created.json["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("sk_test_") && key.len() >= 8 + 32);
    world.call_as(&key, Method::GET, "/v1/tenants", Value::Null).await.expect(200);
    let listed = world.root(Method::GET, KEYS, Value::Null).await.expect(200);
    assert!(!listed.text.contains(&key), "only its prefix is listed");
    let row = &listed.json["data"][0];
    assert_eq!(
        (&row["id"], &row["name"], &row["mode"]),
        (&json!(created.id()), &json!("ci"), &json!("test"))
    );
    assert!(key.starts_with(row["prefix"].as_str().unwrap()));
    assert_eq!(row["tenant"], Value::Null);

    let path = format!("{KEYS}/{}", created.id());
    world.root(Method::DELETE, &path, Value::Null).await.expect(204);
    world.call_as(&key, Method::GET, "/v1/tenants", Value::Null).await.expect(401);
    world.root(Method::DELETE, &path, Value::Null).await.expect(404);
    world.root(Method::DELETE, &format!("{KEYS}/key_nonsense"), Value::Null).await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn every_fault_of_a_key_is_pointed_at() {
    let world = World::new(router).await;
    for (body, pointers) in [
        (json!({"scopes": ["*", "everything"], "tenant": "a/b"}), vec!["/tenant", "/scopes/1"]),
        (json!({"scopes": []}), vec!["/scopes"]),
        (json!({"scopes": ["*"], "mode": "prod"}), vec!["/mode"]),
        (json!({"scopes": "*"}), vec!["/scopes"]),
        (json!({}), vec!["/scopes"]),
        (json!({"scopes": ["*"], "expires": 1}), vec!["/expires"]),
    ] {
        let answer = world.root(Method::POST, KEYS, body.clone()).await.expect(422);
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    world.root(Method::POST, "/v1/projects/nope/keys", json!({"scopes": ["*"]})).await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn a_tenants_key_makes_its_tenant_and_sees_no_other() {
    let world = World::new(router).await;
    let body = json!({"name": "t", "mode": "live", "tenant": "t9", "scopes": ["*"]});
    let key = world.root(Method::POST, KEYS, body).await.expect(201).json["key"].as_str().unwrap().to_owned();
    world.endpoint(json!({"url": "https://hooks.example.com/"})).await;
    let listed = world.root(Method::GET, &format!("{KEYS}?tenant=t9"), Value::Null).await.expect(200).json;
    assert_eq!((listed["data"].as_array().unwrap().len(), &listed["data"][0]["name"]), (1, &json!("t")));
    let none = world.root(Method::GET, &format!("{KEYS}?tenant=t8"), Value::Null).await.expect(200).json;
    assert_eq!(none["data"], json!([]));
    let tenants = world.call_as(&key, Method::GET, "/v1/tenants", Value::Null).await.expect(200).json;
    assert_eq!(tenants["data"].as_array().unwrap().len(), 1);
    assert_eq!(tenants["data"][0]["id"], "t9");
    world.call_as(&key, Method::GET, "/v1/tenants/t1", Value::Null).await.expect(404);
    world.call_as(&key, Method::GET, "/v1/tenants/t9", Value::Null).await.expect(200);
    world.call_as(&key, Method::DELETE, "/v1/tenants/t9", Value::Null).await.expect(403);
    world.call_as(&key, Method::PUT, "/v1/event-types/a", json!({})).await.expect(403);
}
