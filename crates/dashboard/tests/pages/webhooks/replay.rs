//! Replaying what failed or was held.

use serde_json::json;

use crate::browser::{Browser, location};
use crate::world;

#[tokio::test(start_paused = true)]
async fn what_was_held_is_counted_and_then_sent_again_once() {
    let world = world("standard").await;
    let path = world.endpoint(json!({"url": "https://a.example/x", "enabled": false})).await;
    let webhook = format!("/portal/webhooks/{}", path.rsplit('/').next().unwrap());
    for number in 0..3 {
        world.event("a.b", json!({"number": number})).await;
    }
    let browser = Browser::customer(&world, "t1").await;
    let address = format!("{webhook}/replay");
    let page = browser.see(&address).await;
    page.shows("Last hour").shows("Last 24 hours").shows("Last 7 days").shows("Since it was disabled");
    assert!(!page.has_form(&address), "nothing begins before it was counted");
    let counted = browser.see(&format!("{address}?span=1h")).await;
    counted.shows("3 deliveries would be sent again").shows("The webhook is disabled: enable it first.");
    assert!(!counted.has_form(&address));
    browser.send(&counted.form(&format!("{webhook}/enable"))).await.expect(303);
    let form = browser.see(&format!("{address}?status=held")).await.form(&address);
    let replay = location(&browser.send(&form).await.expect(303));
    assert!(replay.starts_with("/portal/replays/rpl_") && replay.ends_with("?done=replaying"), "{replay}");
    browser.see(&replay).await.shows("The replay has begun.");
    world.receivers.wait_for(3).await;
    browser.send(&form).await.expect(409);
    world.pass(std::time::Duration::from_secs(5)).await;
    assert_eq!(world.receivers.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn only_the_asked_for_types_and_times_are_counted() {
    let world = world("standard").await;
    let path = world.endpoint(json!({"url": "https://a.example/x", "enabled": false})).await;
    let address = format!("/portal/webhooks/{}/replay", path.rsplit('/').next().unwrap());
    world.event("a.b", json!({})).await;
    world.event("c.d", json!({})).await;
    let browser = Browser::customer(&world, "t1").await;
    let see = async |query: &str| browser.see(&format!("{address}?{query}")).await;
    see("asked=1&status=held&types=c.*").await.shows("1 delivery would be sent again");
    see("asked=1&status=failed").await.shows("There is nothing to replay");
    see("since=2026-01-22T11%3A30").await.shows("There is nothing to replay");
    see("since=2026-01-22T10%3A30%3A00&until=2026-01-22T11%3A30").await.shows("2 deliveries would be");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_a_span_is_told_at_its_field() {
    let world = world("standard").await;
    let path = world.endpoint(json!({"url": "https://a.example/x"})).await;
    let address = format!("/portal/webhooks/{}/replay", path.rsplit('/').next().unwrap());
    let browser = Browser::customer(&world, "t1").await;
    for (query, said) in [
        ("since=yesterday", "This is not a date and time."),
        ("since=2026-01-22T10%3A30&until=2026-01-22T09%3A30", "This must lie before until."),
        ("asked=1", "Name at least one of"),
        ("status=pending", "This must be one of failed, held, delivered, cancelled."),
        ("types=a*b", "stands alone or as the last segment"),
    ] {
        let answer = browser.open(&format!("{address}?{query}")).await.expect(422);
        assert!(answer.text.contains(said), "{query}: {}", answer.text);
        assert!(!answer.text.contains("would be sent again"));
    }
}
