//! "Update Webhook": what a PATCH changes and what it leaves (RFC 7396, DESIGN 4.4).

use serde_json::{Value, json};

use super::{HOOK, SECRET, arrived, created, customer, path, request, request_with, shown};
use crate::{Customer, members, refused};

async fn patched(customer: &Customer, webhook: &Value, patch: Value) -> Value {
    let answer = customer.patch(&path(webhook), patch).await.expect(200).json;
    assert_eq!(members(&answer), ["data"]);
    assert_eq!(answer["data"], shown(customer, webhook).await);
    answer["data"].clone()
}

#[tokio::test(start_paused = true)]
async fn the_documents_example_changes_events_and_url_for_what_comes_later() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    let patch = json!({"events": ["opportunity.*", "lead.created"], "url": "https://new-url.com/webhook"});
    let now = patched(&customer, &made, patch.clone()).await;
    assert_eq!(members(&now), ["id", "url", "events", "status", "createdAt", "description"]);
    assert_eq!((&now["id"], &now["createdAt"]), (&made["id"], &made["createdAt"]));
    assert_eq!((&now["events"], &now["url"]), (&patch["events"], &patch["url"]));
    assert_eq!(now["description"], "Production webhook");
    for event in ["opportunity.closed", "lead.created", "lead.updated"] {
        customer.world.event(event, json!({})).await;
    }
    assert_eq!(arrived(&customer).await, ["lead.created", "opportunity.closed"]);
    let sent = customer.world.receivers.sent();
    assert!(sent.iter().all(|request| request.url == "https://new-url.com/webhook"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_named_stays_and_null_takes_a_field_back() {
    let customer = customer().await;
    let full = request_with(json!({
        "name": "n", "headers": {"X-A": "1", "X-B": "2"}, "batch": true, "maxBatchSize": 5, "maxWaitTime": 7,
        "filters": {"event": "lead.created", "filters": {"source": "web"}},
    }));
    let made = created(&customer, full).await;
    let before = shown(&customer, &made).await;
    assert_eq!(patched(&customer, &made, json!({})).await, before);
    assert_eq!(
        patched(&customer, &made, json!({"colour": "red"})).await,
        before,
        "unknown fields are ignored"
    );

    let now = patched(&customer, &made, json!({"headers": {"x-a": null, "X-C": "3"}})).await;
    assert_eq!(now["headers"], json!({"X-B": "2", "X-C": "3"}));
    let none = json!({"name": null, "description": null, "headers": null, "batch": null, "filters": null});
    let now = patched(&customer, &made, none).await;
    assert_eq!(members(&now), ["id", "url", "events", "status", "createdAt"]);
}

#[tokio::test(start_paused = true)]
async fn batches_are_switched_and_sized_by_themselves() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    for (patch, expected) in [
        (json!({"batch": true}), json!([true, 100, 60])),
        (json!({"maxBatchSize": 20}), json!([true, 20, 60])),
        (json!({"maxWaitTime": 5}), json!([true, 20, 5])),
        (json!({"batch": true}), json!([true, 20, 5])),
        (json!({"maxBatchSize": null}), json!([true, 100, 5])),
        (json!({"batch": false}), json!([null, null, null])),
        (json!({"batch": true, "maxBatchSize": 1, "maxWaitTime": 1}), json!([true, 1, 1])),
        (json!({"batch": null}), json!([null, null, null])),
        (json!({"maxWaitTime": null}), json!([null, null, null])),
    ] {
        let now = patched(&customer, &made, patch.clone()).await;
        assert_eq!(json!([now["batch"], now["maxBatchSize"], now["maxWaitTime"]]), expected, "{patch}");
    }
    for size in ["maxBatchSize", "maxWaitTime"] {
        let message = refused(customer.patch(&path(&made), json!({size: 5})).await, 422);
        assert!(message.starts_with(size) && message.contains("batch"), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_is_merged_and_a_list_of_filters_replaced() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    let about = |filters: Value| json!({"event": "lead.created", "filters": filters});
    for (patch, expected) in [
        (about(json!({"source": "web"})), about(json!({"source": "web"}))),
        (
            json!({"filters": {"score_greater_than": 5}}),
            about(json!({"source": "web", "score_greater_than": 5})),
        ),
        (json!({"filters": {"source": null}}), about(json!({"score_greater_than": 5}))),
        (json!([about(json!({"x": null}))]), json!([about(json!({"x": null}))])),
        (about(json!({"y": 1})), about(json!({"y": 1}))),
    ] {
        let now = patched(&customer, &made, json!({"filters": patch})).await;
        assert_eq!(now["filters"].to_string(), expected.to_string());
    }
    let emptied = customer.patch(&path(&made), json!({"filters": {"filters": {"y": null}}})).await;
    assert!(refused(emptied, 422).contains("filters.filters: "));
}

#[tokio::test]
async fn patches_at_the_same_time_are_merged_and_none_is_lost() {
    let customer = Customer::on_threads("scopien").await;
    let given = json!({"event": "lead.created", "filters": {"a": 0}});
    let made = created(&customer, request_with(json!({"filters": given, "batch": true}))).await;
    let one = path(&made);
    for round in 1..=5 {
        let filter = |name: &str| json!({"filters": {"filters": {name: round}}});
        let (a, b, c, d) = tokio::join!(
            customer.patch(&one, filter("a")),
            customer.patch(&one, filter("b")),
            customer.patch(&one, json!({"maxBatchSize": round})),
            customer.patch(&one, json!({"maxWaitTime": round})),
        );
        for answer in [a, b, c, d] {
            answer.expect(200);
        }
        let now = shown(&customer, &made).await;
        assert_eq!(now["filters"]["filters"], json!({"a": round, "b": round}));
        assert_eq!((&now["maxBatchSize"], &now["maxWaitTime"]), (&json!(round), &json!(round)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_replaces_the_one_before_it_whole() {
    let customer = customer().await;
    let about = |event: &str, filters: Value| json!({"event": event, "filters": filters});
    let two = json!([about("lead.created", json!({"source": "web"})), about("lead.*", json!({"score": 1}))]);
    let made = created(&customer, request_with(json!({"filters": two, "events": ["lead.*"]}))).await;
    patched(&customer, &made, json!({"filters": [about("lead.updated", json!({"score": 9}))]})).await;
    customer.world.event("lead.created", json!({})).await;
    customer.world.event("lead.updated", json!({"score": 1})).await;
    assert_eq!(arrived(&customer).await, ["lead.created"]);
}

#[tokio::test(start_paused = true)]
async fn a_filter_of_the_native_api_is_shown_and_takes_the_place_of_the_documented_one() {
    let customer = customer().await;
    let given = json!({"event": "lead.created", "filters": {"source": "web"}});
    let made = created(&customer, request_with(json!({"filters": given}))).await;
    let native = format!("/v1/tenants/t1/endpoints/{}", made["id"].as_str().unwrap());
    customer.world.patch(&native, json!({"name": "n"})).await.expect(200);
    assert_eq!(shown(&customer, &made).await["filters"], given, "another change leaves it");
    let ours = json!({"data": {"source": "fair"}});
    customer.world.patch(&native, json!({"filter": null})).await.expect(200);
    customer.world.patch(&native, json!({"filter": ours})).await.expect(200);
    assert_eq!(shown(&customer, &made).await["filters"], ours);
    let now = patched(&customer, &made, json!({"filters": given})).await;
    assert_eq!(now["filters"], given, "nothing of the native one is left in it");
}

#[tokio::test(start_paused = true)]
async fn a_sensitive_header_keeps_its_value_when_the_redacted_one_comes_back() {
    let customer = customer().await;
    let made =
        created(&customer, request_with(json!({"headers": {"Authorization": "Bearer token123"}}))).await;
    let seen = shown(&customer, &made).await;
    assert_eq!(seen["headers"], json!({"Authorization": "***"}));
    patched(&customer, &made, json!({"headers": seen["headers"], "name": "n"})).await;
    customer.world.event("lead.created", json!({})).await;
    let sent = customer.world.receivers.wait_for(1).await;
    assert_eq!(sent[0].headers["authorization"], "Bearer token123");
}

#[tokio::test(start_paused = true)]
async fn the_secret_is_not_changed_by_a_patch() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    for secret in [json!("whsec_other_secret"), json!(SECRET), json!(null)] {
        assert!(
            refused(customer.patch(&path(&made), json!({"secret": secret})).await, 422)
                .starts_with("secret: ")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_patch_changes_nothing_and_tells_every_fault() {
    let customer = customer().await;
    let made = created(&customer, request()).await;
    let before = shown(&customer, &made).await;
    for (patch, places) in [
        (json!({"events": []}), vec!["events: "]),
        (json!({"events": null}), vec!["events: "]),
        (json!({"events": ["lead.lost"]}), vec!["events[0]: "]),
        (json!({"url": null}), vec!["url: "]),
        (json!({"url": "http://your-app.com"}), vec!["url: "]),
        (
            json!({"url": 1, "name": 2, "batch": true, "maxBatchSize": 0, "filters": [], "headers": {"Host": "x"}}),
            vec!["url: ", "name: ", "maxBatchSize: ", "filters: ", "headers.Host: "],
        ),
    ] {
        let message = refused(customer.patch(&path(&made), patch.clone()).await, 422);
        for place in places {
            assert!(message.contains(place), "{patch}: {place} is not in {message}");
        }
    }
    assert_eq!(shown(&customer, &made).await, before);
    assert_eq!(before["url"], HOOK);
}
