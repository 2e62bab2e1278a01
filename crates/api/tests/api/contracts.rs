//! A project goes over to another contract: nothing may be sent unsigned.

use std::time::Duration;

use http::Method;
use postrider_store::ProjectPatch;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::{START, World, audit};

const HOOK: &str = "https://hooks.example.com/in";

async fn endpoint(world: &World) -> String {
    world.endpoint(json!({"url": HOOK, "event_types": ["lead.created"]})).await
}

async fn go_over(world: &World) -> postrider_world::Answer {
    world.root(Method::PATCH, "/v1/projects/acme", json!({"contract": "standard"})).await
}

#[tokio::test(start_paused = true)]
async fn a_contract_that_an_endpoints_secret_does_not_fit_is_refused() {
    let world = World::under(router, "strict").await;
    let path = endpoint(&world).await;
    let refused = go_over(&world).await.expect(422);
    assert_eq!(refused.pointers(), ["/contract"]);
    let id = path.rsplit('/').next().unwrap();
    assert!(refused.text.contains(id), "{}", refused.text);
    let shown = world.root(Method::GET, "/v1/projects/acme", Value::Null).await.expect(200);
    assert_eq!(shown.json["contract"], "strict");
}

#[tokio::test(start_paused = true)]
async fn a_disabled_endpoint_waits_for_its_new_secret() {
    let world = World::under(router, "strict").await;
    let path = endpoint(&world).await;
    world.post(&format!("{path}/disable"), Value::Null).await.expect(200);
    go_over(&world).await.expect(200);
    // Its id is shown in the form of the new contract.
    let list = world.get("/v1/tenants/t1/endpoints").await.expect(200).json;
    let path = format!("/v1/tenants/t1/endpoints/{}", list["data"][0]["id"].as_str().unwrap());
    world.post(&format!("{path}/enable"), Value::Null).await.expect(409);
    world.patch(&path, json!({"enabled": true})).await.expect(409);
    world.post(&format!("{path}/test"), Value::Null).await.expect(409);
    world.post(&format!("{path}/rotate-secret"), Value::Null).await.expect(200);
    world.post(&format!("{path}/enable"), Value::Null).await.expect(200);
    world.event("lead.created", json!({})).await;
    let sent = world.receivers.wait_for(1).await;
    assert!(sent[0].headers.contains_key("webhook-signature"), "{:?}", sent[0].headers);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_whose_secret_is_none_of_its_contract_sends_nothing() {
    let world = World::under(router, "strict").await;
    endpoint(&world).await;
    // As if a contract file had been edited: nobody was asked.
    let store = world.engine.store();
    let project = store.project("acme").await.unwrap().unwrap();
    let (revision, contract) = (project.revision, Some("standard".into()));
    let patch = ProjectPatch { revision, name: None, contract, settings: None, now: START };
    store.update_project(project.key, patch, audit()).await.unwrap().unwrap();
    world.engine.project_changed(project.key).await;
    let event = world.event("lead.created", json!({})).await;
    world.pass(Duration::from_secs(60)).await;
    assert!(world.receivers.sent().is_empty(), "sent unsigned");
    let shown = world.get(&format!("/v1/events/{event}")).await.expect(200).json;
    assert_eq!(shown["deliveries"][0]["status"], "held");
    let endpoint = shown["deliveries"][0]["endpoint"].as_str().unwrap();
    let test = world.post(&format!("/v1/tenants/t1/endpoints/{endpoint}/test"), Value::Null).await;
    assert_eq!(test.expect(409).json["code"], "conflict");
    assert!(world.receivers.sent().is_empty());
}
