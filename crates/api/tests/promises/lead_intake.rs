//! The lead-intake document, where it is silent by its reading in DESIGN 4.3.

use std::time::Duration;

use postrider_world::Act;
use serde_json::json;

use crate::{HOOK, gaps, outcome, post, world};

/// The names are the document's, the times have its milliseconds; the headers are those of Standard Webhooks.
#[tokio::test(start_paused = true)]
async fn the_payload_is_sent_to_the_byte_with_milliseconds() {
    let world = world("lead-intake").await;
    world.endpoint(json!({"url": HOOK})).await;
    let event = r#"{"tenant": "t1", "type": "call.qualified", "timestamp": "2026-04-27T17:42:18.001Z", "data": { "score": 1.50 }, "changes": {"a": 1}}"#;
    let id = post(&world, event).await;
    let sent = world.receivers.wait_for(1).await.remove(0);
    assert_eq!(
        sent.text(),
        format!(
            r#"{{"id":"{id}","event":"call.qualified","created_at":"2026-04-27T17:42:18.001Z","data":{{ "score": 1.50 }}}}"#
        )
    );
    assert_eq!(sent.header("webhook-id"), id);
    assert_eq!(sent.header("webhook-timestamp"), "1769077800", "the attempt's second, not the event's");
    assert!(sent.header("webhook-signature").starts_with("v1,"));
}

/// Retries: the timetable of Standard Webhooks without its jitter (all of it stands in the contract's own tests); every
/// failure is retried.
#[tokio::test(start_paused = true)]
async fn a_failed_delivery_is_tried_by_the_timetable_with_the_same_id() {
    let world = world("lead-intake").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    world.receivers.act(HOOK, [Act::Hang, Act::Refuse, Act::Answer(302), Act::Answer(404), Act::Answer(410)]);
    let event = world.event("lead.created", json!({})).await;
    world.pass(Duration::from_secs(3 * 3_600)).await;
    let sent = world.receivers.sent();
    assert_eq!(sent[0].timeout, Duration::from_secs(20));
    // The first attempt ended only after its 20 seconds.
    assert_eq!(gaps(&sent), [20 + 5, 300, 1_800, 7_200]);
    assert!(sent.iter().all(|one| one.header("webhook-id") == event && one.body == sent[0].body));
    assert_eq!(outcome(&world, &event, &endpoint).await, ("pending".to_owned(), 5));
    assert_eq!(
        world.get(&endpoint).await.json["enabled"],
        true,
        "no rule disables, and 410 is a failure like others"
    );
}
