//! "Batch Webhooks".

use std::time::Duration;

use serde_json::{Value, json};

use super::receiving::verified;
use super::{SECRET, created, customer, request_with};
use crate::members;

fn batches(size: u32, seconds: u32) -> Value {
    request_with(json!({"batch": true, "maxBatchSize": size, "maxWaitTime": seconds}))
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_shown_as_it_was_asked_for_and_the_documents_sizes_are_the_default() {
    let customer = customer().await;
    let documented = json!({"batch": true, "maxBatchSize": 100, "maxWaitTime": 60});
    for asked in [documented.clone(), json!({"batch": true})] {
        let made = created(&customer, request_with(asked)).await;
        assert_eq!(members(&made)[6..], ["batch", "maxBatchSize", "maxWaitTime"]);
        assert_eq!(
            json!([made["batch"], made["maxBatchSize"], made["maxWaitTime"]]).to_string(),
            "[true,100,60]"
        );
    }
    let without = created(&customer, request_with(json!({"batch": false}))).await;
    assert_eq!(without.get("batch"), None);
}

#[tokio::test(start_paused = true)]
async fn three_events_arrive_in_one_request_with_one_signature_over_the_whole() {
    let customer = customer().await;
    created(&customer, batches(3, 60)).await;
    let mut ids = Vec::new();
    for event in ["lead.created", "lead.created", "opportunity.updated"] {
        ids.push(customer.world.event(event, json!({})).await);
    }
    let sent = customer.world.receivers.wait_for(1).await.remove(0);
    let body = verified(&sent, SECRET);
    assert_eq!(members(&body), ["events"]);
    let events = body["events"].as_array().unwrap();
    let told: Vec<_> = events.iter().map(|event| (event["id"].clone(), event["event"].clone())).collect();
    let expected: Vec<_> = ids
        .iter()
        .zip(["lead.created", "lead.created", "opportunity.updated"])
        .map(|(id, event)| (json!(id), json!(event)))
        .collect();
    assert_eq!(told, expected);
    assert!(events.iter().all(|event| members(event) == ["id", "event", "timestamp", "data"]));
    customer.world.pass(Duration::from_secs(120)).await;
    assert_eq!(customer.world.receivers.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_does_not_fill_is_sent_when_its_first_event_has_waited_long_enough() {
    let customer = customer().await;
    created(&customer, batches(3, 10)).await;
    customer.world.event("lead.created", json!({})).await;
    customer.world.pass(Duration::from_secs(6)).await;
    customer.world.event("lead.created", json!({})).await;
    customer.world.pass(Duration::from_secs(3)).await;
    assert!(customer.world.receivers.sent().is_empty(), "ten seconds are not over");
    customer.world.pass(Duration::from_secs(2)).await;
    let sent = customer.world.receivers.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(verified(&sent[0], SECRET)["events"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(start_paused = true)]
async fn at_most_10_batches_are_sent_in_a_second() {
    let customer = customer().await;
    created(&customer, batches(1, 60)).await;
    for _ in 0..35 {
        customer.world.event("lead.created", json!({})).await;
    }
    // A burst of one second's worth at once, then 10 in each second.
    customer.world.pass(Duration::from_millis(500)).await;
    let soon = customer.world.receivers.sent().len();
    assert!((10..=16).contains(&soon), "{soon} in the first half second");
    customer.world.pass(Duration::from_secs(1)).await;
    let later = customer.world.receivers.sent().len();
    assert!((19..=26).contains(&later), "{later} in 1.5 seconds");
    customer.world.receivers.wait_for(35).await;
}
