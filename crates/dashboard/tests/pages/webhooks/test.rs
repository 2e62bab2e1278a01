//! "Send Test Event".

use serde_json::json;

use crate::browser::{Browser, location};
use crate::world;

async fn page_of(world: &postrider_world::World, body: serde_json::Value) -> String {
    let path = world.endpoint(body).await;
    format!("/portal/webhooks/{}", path.rsplit('/').next().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_type_is_chosen_its_example_sent_and_the_answer_shown() {
    let world = world("scopien").await;
    let webhook = page_of(&world, json!({"url": "https://a.example/x", "event_types": ["case.*"]})).await;
    world.receivers.answer("https://a.example/x", 200, b"thank you");
    let browser = Browser::customer(&world, "t1").await;
    let address = format!("{webhook}/test");
    let page = browser.see(&format!("{address}?type=lead.created")).await;
    page.shows("john@example.com");
    let form = page.form(&address);
    assert_eq!(form.value("type"), Some("lead.created"));
    let delivery = location(&browser.send(&form).await.expect(303));
    let sent = world.receivers.wait_for(1).await;
    assert!(sent[0].text().contains("\"event\":\"lead.created\""), "{}", sent[0].text());
    assert!(sent[0].text().contains("john@example.com"));
    assert!(delivery.ends_with("?done=tested"), "{delivery}");
    browser.see(&delivery).await.shows("The test event was sent.").shows("200 OK");
    browser.send(&form).await.expect(409);
    assert_eq!(world.receivers.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_type_brings_its_own_example_unless_it_was_changed() {
    let world = world("scopien").await;
    let webhook = page_of(&world, json!({"url": "https://a.example/x"})).await;
    let browser = Browser::customer(&world, "t1").await;
    let address = format!("{webhook}/test");
    let see = async || browser.see(&format!("{address}?type=opportunity.updated")).await.form(&address);
    // Without the script: by the button, which sends nothing.
    let shown = browser.send(&see().await.with("type", "lead.created").with("show", "1")).await.expect(200);
    assert!(shown.text.contains("john@example.com"), "{}", shown.text);
    assert!(world.receivers.sent().is_empty());
    browser.send(&see().await.with("type", "lead.created")).await.expect(303);
    assert!(world.receivers.wait_for(1).await[0].text().contains("john@example.com"));
    browser.send(&see().await.with("type", "lead.created").with("data", "{\"mine\": 1}")).await.expect(303);
    assert!(world.receivers.wait_for(2).await[1].text().contains("\"mine\": 1"));
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_is_none_is_told_and_stays_as_entered() {
    let world = world("scopien").await;
    let webhook = page_of(&world, json!({"url": "https://a.example/x"})).await;
    let browser = Browser::customer(&world, "t1").await;
    let address = format!("{webhook}/test");
    let form = browser.see(&address).await.form(&address).with("data", "{\"mine\":");
    let refused = browser.send(&form).await.expect(422);
    assert!(refused.text.contains("{&quot;mine&quot;:</textarea>"), "{}", refused.text);
    assert!(refused.text.contains("aria-invalid=\"true\""));
    let refused = browser.send(&form.with("data", "{}").with("type", "no.such")).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert!(refused.text.contains("There is no event type"), "{}", refused.text);
    assert!(world.receivers.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_disabled_webhook_is_tested_all_the_same_and_a_broken_one_says_why() {
    let world = world("standard").await;
    let webhook = page_of(&world, json!({"url": "https://a.example/x", "enabled": false})).await;
    world.receivers.act("https://a.example/x", [postrider_world::Act::Refuse]);
    let browser = Browser::customer(&world, "t1").await;
    let address = format!("{webhook}/test");
    let page = browser.see(&address).await;
    page.shows("A test is sent all the same.");
    let delivery = location(&browser.send(&page.form(&address)).await.expect(303));
    browser.see(&delivery).await.shows("Connection refused");
}

#[tokio::test(start_paused = true)]
async fn under_an_open_catalogue_any_type_can_be_tested_and_what_is_wanted_stands_there() {
    let world = world("standard").await;
    let webhook = page_of(&world, json!({"url": "https://a.example/x", "event_types": ["contact.*"]})).await;
    let browser = Browser::customer(&world, "t1").await;
    let address = format!("{webhook}/test");
    let form = browser.see(&address).await.form(&address);
    assert_eq!(form.value("type"), Some("contact.test"), "nothing declared fits, and a notice is not meant");
    browser.send(&form.with("type", "contact.created")).await.expect(303);
    assert!(world.receivers.wait_for(1).await[0].text().contains("contact.created"));
}
