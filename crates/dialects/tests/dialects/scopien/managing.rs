//! "Setting Up Webhooks", "Webhook Events", "Managing Webhooks".

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{EVENTS, HOOK, SECRET, WEBHOOKS, arrived, created, customer, path, request, request_with, shown};
use crate::{KEY, members, refused};

const SHOWN: [&str; 5] = ["id", "url", "events", "status", "createdAt"];

#[tokio::test(start_paused = true)]
async fn the_example_of_via_api_is_answered_as_documented() {
    let customer = customer().await;
    let answer = customer.post(WEBHOOKS, request()).await.expect(201);
    let id = answer.json["data"]["id"].as_str().unwrap();
    assert!(id.starts_with("wh_"), "{id}");
    let documented = json!({
        "data": {
            "id": id,
            "url": HOOK,
            "events": ["opportunity.updated", "lead.created"],
            "secret": SECRET,
            "status": "active",
            "createdAt": "2026-01-22T10:30:00Z",
        },
    });
    assert_eq!(answer.text, documented.to_string(), "to the letter, the order of its members too");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_not_given_is_generated() {
    let customer = customer().await;
    for none in [json!({"url": HOOK, "events": ["lead.created"]}), request_with(json!({"secret": null}))] {
        let secret = created(&customer, none).await["secret"].clone();
        let secret = secret.as_str().unwrap();
        assert!(secret.starts_with("whsec_") && secret.len() > 30, "{secret}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_list_and_a_single_get_show_webhooks_without_their_secrets() {
    let customer = customer().await;
    let bare = json!({"url": HOOK, "events": ["lead.created"]});
    let first = created(&customer, bare.clone()).await;
    customer.world.pass(Duration::from_secs(1)).await;
    let second = created(&customer, bare).await;
    let list = customer.get(WEBHOOKS).await.expect(200).json;
    assert_eq!(members(&list), ["data"]);
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|webhook| &webhook["id"]).collect();
    assert_eq!(ids, [&second["id"], &first["id"]], "newest first");
    let one = customer.get(&path(&first)).await.expect(200).json;
    assert_eq!(members(&one), ["data"]);
    assert_eq!(members(&one["data"]), SHOWN);
    assert_eq!(one["data"], list["data"][1]);
    assert_eq!(one["data"]["createdAt"], "2026-01-22T10:30:00Z");
}

#[tokio::test(start_paused = true)]
async fn a_customer_without_webhooks_has_an_empty_list() {
    assert_eq!(customer().await.get(WEBHOOKS).await.expect(200).json, json!({"data": []}));
}

#[tokio::test(start_paused = true)]
async fn name_and_description_are_shown_where_they_are_set() {
    let customer = customer().await;
    let made = created(&customer, request_with(json!({"name": "Production Webhook"}))).await;
    assert_eq!(made["name"], "Production Webhook");
    assert_eq!(made.get("description"), None, "the example of create sends one and shows none");
    let one = shown(&customer, &made).await;
    assert_eq!(members(&one), [&SHOWN[..], &["name", "description"]].concat());
    assert_eq!(one["description"], "Production webhook");
}

#[tokio::test(start_paused = true)]
async fn each_available_event_can_be_asked_for_and_arrives() {
    let customer = customer().await;
    created(&customer, request_with(json!({"events": EVENTS}))).await;
    for event in EVENTS {
        customer.world.event(event, json!({})).await;
    }
    let mut all = EVENTS.map(str::to_owned).to_vec();
    all.sort();
    assert_eq!(arrived(&customer).await, all);
}

#[tokio::test(start_paused = true)]
async fn wildcards_subscribe_to_all_events_of_a_type() {
    let customer = customer().await;
    let events = json!(["opportunity.*", "lead.*"]);
    let made = created(&customer, request_with(json!({"events": events}))).await;
    assert_eq!(made["events"], events);
    for event in ["opportunity.closed", "lead.converted", "case.closed", "opportunity.created"] {
        customer.world.event(event, json!({})).await;
    }
    assert_eq!(arrived(&customer).await, ["lead.converted", "opportunity.closed", "opportunity.created"]);
    created(&customer, request_with(json!({"events": ["*"]}))).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_native_api_made_for_every_type_is_shown_as_the_wildcard() {
    let customer = customer().await;
    customer.world.endpoint(json!({"url": HOOK})).await;
    assert_eq!(customer.get(WEBHOOKS).await.expect(200).json["data"][0]["events"], json!(["*"]));
}

#[tokio::test(start_paused = true)]
async fn disabling_answers_the_disabled_webhook_and_nothing_begins_any_more() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    customer.world.receivers.answer(HOOK, 500, b"");
    customer.world.event("lead.created", json!({})).await;
    customer.world.receivers.wait_for(1).await;

    let disable = format!("{}/disable", path(&made));
    let answer = customer.post(&disable, Value::Null).await.expect(200);
    assert_eq!(members(&answer.json), ["data"]);
    assert_eq!(
        (&answer.json["data"]["id"], &answer.json["data"]["status"]),
        (&made["id"], &json!("disabled"))
    );
    assert_eq!(answer.json["data"].get("secret"), None);
    assert_eq!(shown(&customer, &made).await, answer.json["data"]);
    customer.world.event("lead.created", json!({})).await;
    customer.world.pass(Duration::from_secs(2 * 3_600)).await;
    assert_eq!(customer.world.receivers.sent().len(), 1, "neither the retry nor the new event");
    assert_eq!(customer.post(&disable, Value::Null).await.expect(200).json, answer.json);
}

#[tokio::test(start_paused = true)]
async fn enabling_answers_the_active_webhook_and_later_events_flow_again() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    customer.post(&format!("{}/disable", path(&made)), Value::Null).await.expect(200);
    customer.world.event("lead.created", json!({"id": "held"})).await;
    let answer = customer.post(&format!("{}/enable", path(&made)), Value::Null).await.expect(200);
    assert_eq!(answer.json["data"]["status"], "active");
    assert_eq!(answer.json["data"].get("secret"), None);
    customer.world.event("lead.created", json!({"id": "later"})).await;
    let bodies = super::bodies(&customer).await;
    assert_eq!(bodies.len(), 1, "enabling sends nothing by itself");
    assert_eq!(bodies[0]["data"]["id"], "later");
}

#[tokio::test(start_paused = true)]
async fn deleting_answers_204_and_ends_deliveries() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    customer.world.receivers.answer(HOOK, 500, b"");
    customer.world.event("lead.created", json!({})).await;
    customer.world.receivers.wait_for(1).await;
    assert_eq!(customer.delete(&path(&made)).await.expect(204).text, "");
    customer.world.event("lead.created", json!({})).await;
    customer.world.pass(Duration::from_secs(2 * 3_600)).await;
    assert_eq!(customer.world.receivers.sent().len(), 1);
    for (method, path) in [
        (Method::GET, path(&made)),
        (Method::DELETE, path(&made)),
        (Method::PATCH, path(&made)),
        (Method::POST, format!("{}/enable", path(&made))),
        (Method::POST, format!("{}/disable", path(&made))),
    ] {
        let body = if method == Method::PATCH { json!({"name": "x"}) } else { Value::Null };
        refused(customer.world.call_as(KEY, method, &path, body).await, 404);
    }
    assert_eq!(customer.get(WEBHOOKS).await.expect(200).json, json!({"data": []}));
}

#[tokio::test(start_paused = true)]
async fn a_webhook_is_the_same_on_the_native_surface() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    let native = format!("/v1/tenants/t1/endpoints/{}", made["id"].as_str().unwrap());
    let endpoint = customer.world.get(&native).await.expect(200).json;
    assert_eq!((&endpoint["id"], &endpoint["url"]), (&made["id"], &made["url"]));
    assert_eq!(endpoint["event_types"], made["events"]);
}

#[tokio::test(start_paused = true)]
async fn the_addresses_for_the_ip_allowlist_are_published() {
    let customer = customer().await;
    let reader = customer.key(&["webhooks:read"]).await;
    let meta = customer.world.call_as(&reader, Method::GET, "/v1/meta", Value::Null).await.expect(200).json;
    assert_eq!(meta["egress_ips"], json!(postrider_world::EGRESS.map(|address| address.to_string())));
}
