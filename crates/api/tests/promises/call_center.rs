//! The call center's "Webhooks Overview": "How webhooks work", "Delivery & retries", "Ordering and duplicates",
//! "Required behavior", "Security".

use std::time::Duration;

use postrider_world::{Act, Sent};
use serde_json::{Value, json};

use crate::{HOOK, LATER, gaps, outcome, post, world};

fn data(sent: &Sent) -> Value {
    serde_json::from_slice::<Value>(&sent.body).unwrap()["data"].clone()
}

/// "Required behavior": receivers "must be able to process missing fields, null values, empty arrays".
#[tokio::test(start_paused = true)]
async fn missing_fields_null_and_empty_arrays_pass_untouched() {
    let world = world("call-center").await;
    world.endpoint(json!({"url": HOOK})).await;
    let data = r#"{"call_id": 7,"agent": null, "recordings": [ ],"tags":[null,{}],"note":""}"#;
    let event = format!(
        r#"{{"tenant": "t1", "type": "Call Ended", "timestamp": "2026-01-22T10:30:00Z", "data": {data}}}"#
    );
    let id = post(&world, &event).await;
    let sent = world.receivers.wait_for(1).await.remove(0);
    assert_eq!(
        sent.text(),
        format!(r#"{{"id":"{id}","event":"Call Ended","timestamp":"2026-01-22T10:30:00Z","data":{data}}}"#)
    );
}

/// "Delivery & retries": "sent using HTTP POST with a JSON body"; "Security": "No secret or HMAC header is sent".
#[tokio::test(start_paused = true)]
async fn requests_carry_no_header_of_their_own() {
    let world = world("call-center").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    let secret = world.get(&format!("{endpoint}/secret")).await.expect(403);
    assert!(secret.text.contains("signs nothing"), "{}", secret.text);
    world.event("Message Sent", json!({})).await;
    let sent = world.receivers.wait_for(1).await.remove(0);
    let mut names: Vec<_> = sent.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-type", "user-agent"]);
    assert_eq!(sent.header("content-type"), "application/json");
}

/// "Delivery & retries": "successful if your server returns any 2xx status code".
#[tokio::test(start_paused = true)]
async fn any_2xx_is_a_success() {
    let world = world("call-center").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    for status in [200, 201, 202, 204, 206, 299] {
        world.receivers.act(HOOK, [Act::Answer(status)]);
        let event = world.event("Call Ended", json!({})).await;
        world.pass(Duration::from_secs(1)).await;
        assert_eq!(outcome(&world, &event, &endpoint).await, ("delivered".to_owned(), 1), "{status}");
    }
}

/// "Delivery & retries": "Up to 3 retries (maximum 4 total attempts)", "1s → 2s → 4s", for connection errors and 5xx.
#[tokio::test(start_paused = true)]
async fn connection_errors_timeouts_and_5xx_are_retried_after_1_2_and_4_seconds() {
    let world = world("call-center").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    for acts in [[Act::Refuse; 4], [Act::Answer(500), Act::Answer(503), Act::Answer(599), Act::Refuse]] {
        let before = world.receivers.sent().len();
        world.receivers.act(HOOK, acts);
        let event = world.event("Call Ended", json!({})).await;
        world.pass(LATER).await;
        assert_eq!(outcome(&world, &event, &endpoint).await, ("failed".to_owned(), 4));
        let sent = &world.receivers.sent()[before..];
        assert_eq!(gaps(sent), [1, 2, 4]);
        assert!(sent.iter().all(|one| one.body == sent[0].body), "duplicates have the same id");
    }
    world.receivers.act(HOOK, [Act::Hang]);
    let event = world.event("Call Ended", json!({})).await;
    world.pass(LATER).await;
    assert_eq!(outcome(&world, &event, &endpoint).await, ("delivered".to_owned(), 2));
    assert_eq!(world.get(&endpoint).await.json["enabled"], true, "no rule disables");
}

/// "Delivery & retries": "4xx responses are not retried", and no redirect is among what is.
#[tokio::test(start_paused = true)]
async fn a_4xx_or_3xx_is_final() {
    let world = world("call-center").await;
    let endpoint = world.endpoint(json!({"url": HOOK})).await;
    for status in [301, 307, 400, 401, 404, 408, 410, 429, 499] {
        world.receivers.act(HOOK, [Act::Answer(status)]);
        let event = world.event("Call Ended", json!({})).await;
        world.pass(LATER).await;
        assert_eq!(outcome(&world, &event, &endpoint).await, ("failed".to_owned(), 1), "{status}");
    }
    assert_eq!(world.get(&endpoint).await.json["enabled"], true, "not even 410 disables");
}

/// "Ordering and duplicates": "Events for the same call or message are sent in the order they occur".
#[tokio::test(start_paused = true)]
async fn events_of_one_call_or_message_keep_their_order_over_retries_and_hold_up_no_other() {
    let world = world("call-center").await;
    world.endpoint(json!({"url": HOOK})).await;
    // The first event of call 1 fails three times and is then taken.
    world.receivers.act(HOOK, [Act::Answer(500)]);
    let of_call = |call: &str, n: u64| json!({"call_id": call, "n": n});
    world.event("Call Ended", of_call("one", 1)).await;
    world.receivers.wait_for(1).await;
    world.receivers.act(HOOK, [Act::Answer(200); 4]);
    world.event("Call Disposition Saved", of_call("one", 2)).await;
    world.event("Call Ended", of_call("two", 1)).await;
    world.event("Message Received", json!({"message_id": "m", "n": 1})).await;
    world.event("Message Sent", json!({"message_id": "m", "n": 2})).await;
    world.event("Contact Created", json!({"n": 1})).await;
    world.pass(Duration::from_millis(500)).await;
    let early: Vec<_> = world.receivers.sent().iter().map(data).collect();
    assert!(!early.contains(&of_call("one", 2)), "the call's first event is not taken yet: {early:?}");
    for other in [of_call("two", 1), json!({"message_id": "m", "n": 2}), json!({"n": 1})] {
        assert!(early.contains(&other), "{other} waits for another's call: {early:?}");
    }
    world.event("Call Recording Received", of_call("one", 3)).await;
    world.pass(Duration::from_secs(60)).await;
    let sent = world.receivers.sent();
    let of_one = sent.iter().map(data).filter(|data| data["call_id"] == "one");
    let order: Vec<_> = of_one.map(|data| data["n"].as_u64().unwrap()).collect();
    assert_eq!(order, [1, 1, 2, 3]);
}

/// The same where the call's event is given up in the end: the next ones come after it.
#[tokio::test(start_paused = true)]
async fn what_follows_an_event_that_is_given_up_comes_after_its_last_attempt() {
    let world = world("call-center").await;
    world.endpoint(json!({"url": HOOK})).await;
    world.receivers.act(HOOK, [Act::Answer(500); 4]);
    for n in 1..=3 {
        world.event("Message Sent", json!({"message_id": 7, "n": n})).await;
    }
    world.pass(LATER).await;
    let order: Vec<_> = world.receivers.sent().iter().map(|sent| data(sent)["n"].as_u64().unwrap()).collect();
    assert_eq!(order, [1, 1, 1, 1, 2, 3]);
}

/// "How webhooks work": "optional contact lists to filter events".
#[tokio::test(start_paused = true)]
async fn a_webhook_with_contact_lists_gets_only_events_of_these() {
    let world = world("call-center").await;
    let filter = json!({"attributes": {"contact_lists": {"$in": ["vip", "leads"]}}});
    world.endpoint(json!({"url": HOOK, "filter": filter})).await;
    for (n, lists) in [json!(["vip"]), json!("leads"), json!(["cold", "vip"]), json!(["cold"]), json!([])]
        .into_iter()
        .enumerate()
    {
        let event = json!({"tenant": "t1", "type": "Contact Modified", "data": {"n": n}, "attributes": {"contact_lists": lists}});
        world.post("/v1/events", event).await.expect(202);
    }
    world.event("Contact Modified", json!({"n": 5})).await;
    world.pass(Duration::from_secs(60)).await;
    let mut got: Vec<_> =
        world.receivers.sent().iter().map(|sent| data(sent)["n"].as_u64().unwrap()).collect();
    got.sort_unstable();
    assert_eq!(got, [0, 1, 2]);
}

/// "Webhook URL": "All events selected for that webhook are delivered to the same URL", and no other.
#[tokio::test(start_paused = true)]
async fn only_the_selected_events_are_sent_and_all_to_one_url() {
    let world = world("call-center").await;
    let selected = ["Call Ended", "Call Overflowed To Voicemail"];
    world.endpoint(json!({"url": HOOK, "event_types": selected})).await;
    for kind in ["Call Ended", "Call Abandoned", "Call Overflowed To Voicemail", "Contact Created"] {
        world.event(kind, json!({})).await;
    }
    world.pass(Duration::from_secs(60)).await;
    let sent = world.receivers.sent();
    assert!(sent.len() == 2 && sent.iter().all(|one| one.url == HOOK), "{sent:?}");
}
