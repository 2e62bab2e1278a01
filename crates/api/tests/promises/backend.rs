//! The backend document, where it is silent by its reading in DESIGN 4.3.

use std::time::Duration;

use postrider_world::Act;
use serde_json::json;

use crate::{HOOK, gaps, outcome, post, world};

/// Payload and headers are those of Standard Webhooks, with the seconds of the document's times.
#[tokio::test(start_paused = true)]
async fn the_payload_is_sent_to_the_byte_with_whole_seconds() {
    let world = world("backend").await;
    world.endpoint(json!({"url": HOOK})).await;
    let event = r#"{"tenant": "t1", "type": "conversation.completed", "timestamp": "2019-08-24T14:15:22.999Z", "data": {"b": [], "a": null}}"#;
    let id = post(&world, event).await;
    let sent = world.receivers.wait_for(1).await.remove(0);
    assert_eq!(
        sent.text(),
        r#"{"type":"conversation.completed","timestamp":"2019-08-24T14:15:22Z","data":{"b": [], "a": null}}"#
    );
    assert_eq!((sent.header("webhook-id"), sent.header("webhook-timestamp")), (id.as_str(), "1769077800"));
    assert!(sent.header("webhook-signature").starts_with("v1,"));
}

/// The catalogue is open: what nobody declared is delivered too.
#[tokio::test(start_paused = true)]
async fn an_undeclared_type_is_delivered() {
    let world = world("backend").await;
    world.endpoint(json!({"url": HOOK, "event_types": ["conversation.started"]})).await;
    world.event("conversation.started", json!({})).await;
    world.event("conversation.completed", json!({})).await;
    world.pass(Duration::from_secs(60)).await;
    assert_eq!(world.receivers.sent().len(), 1);
}

/// Retries: the timetable of Standard Webhooks, without its jitter.
#[tokio::test(start_paused = true)]
async fn a_failed_delivery_is_tried_by_the_timetable_until_it_is_taken() {
    let world = world("backend").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    world.receivers.act(HOOK, [Act::Answer(500), Act::Refuse, Act::Answer(400), Act::Answer(429)]);
    let event = world.event("conversation.completed", json!({})).await;
    world.pass(Duration::from_secs(3 * 3_600)).await;
    let sent = world.receivers.sent();
    assert_eq!(gaps(&sent), [5, 300, 1_800, 7_200]);
    assert_eq!(sent[0].timeout, Duration::from_secs(20));
    assert_eq!(outcome(&world, &event, &endpoint).await, ("delivered".to_owned(), 5));
}
