//! The page of a webhook, and the list.

use std::time::Duration;

use serde_json::json;

use crate::browser::{Browser, location};
use crate::world;

#[tokio::test(start_paused = true)]
async fn an_automatic_disable_is_told_with_its_reason_and_what_to_do() {
    let world = world("standard").await;
    let path = world.endpoint(json!({"url": "https://a.example/gone", "name": "Main"})).await;
    world.receivers.answer("https://a.example/gone", 410, b"");
    world.event("a.b", json!({})).await;
    world.pass(Duration::from_secs(2)).await;
    let browser = Browser::customer(&world, "t1").await;
    browser.see("/portal/webhooks").await.shows("disabled answered 410 Gone");
    let page_of = format!("/portal/webhooks/{}", path.rsplit('/').next().unwrap());
    let page = browser.see(&page_of).await;
    page.shows("its server answered 410 Gone")
        .shows("Since 2026-01-22 10:30:0")
        .shows("enable the webhook, then replay");
    let enabled = location(&browser.send(&page.form(&format!("{page_of}/enable"))).await.expect(303));
    browser.see(&enabled).await.shows("Enabled.").hides("410 Gone: it does not");
    assert_eq!(world.get(&path).await.json["enabled"], true);
}

#[tokio::test(start_paused = true)]
async fn recent_deliveries_are_drawn_on_the_page() {
    let world = world("scopien").await;
    let path = world.endpoint(json!({"url": "https://a.example/x"})).await;
    let page_of = format!("/portal/webhooks/{}", path.rsplit('/').next().unwrap());
    let browser = Browser::customer(&world, "t1").await;
    browser.see(&page_of).await.shows("Nothing was sent yet.");
    world.event("opportunity.updated", json!({})).await;
    world.receivers.wait_for(1).await;
    world.receivers.answer("https://a.example/x", 500, b"broken");
    world.event("case.updated", json!({})).await;
    world.receivers.wait_for(3).await;
    world.pass(Duration::from_secs(1)).await;
    let page = browser.see(&page_of).await;
    page.shows("opportunity.updated Status: 200 OK")
        .shows("case.updated")
        .shows("Status: 500 Internal Server Error");
    page.shows("Retried: 1 time").shows("Next retry:").shows("Deliveries have been failing since");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_webhook_is_gone_from_the_list() {
    let world = world("standard").await;
    let path = world.endpoint(json!({"url": "https://a.example/x", "name": "To go"})).await;
    let page_of = format!("/portal/webhooks/{}", path.rsplit('/').next().unwrap());
    let browser = Browser::customer(&world, "t1").await;
    browser.see("/portal/webhooks").await.shows("To go");
    let form = browser.see(&page_of).await.form(&format!("{page_of}/delete"));
    let list = location(&browser.send(&form).await.expect(303));
    browser.see(&list).await.shows("Deleted.").shows("No webhooks yet").hides("To go");
    browser.open(&page_of).await.expect(404);
    browser.send(&form).await.expect(409);
}

#[tokio::test(start_paused = true)]
async fn a_long_list_has_pages() {
    let world = world("standard").await;
    for number in 0..51 {
        world.endpoint(json!({"url": "https://a.example/x", "name": format!("Hook {number:02}")})).await;
    }
    let browser = Browser::customer(&world, "t1").await;
    let first = browser.see("/portal/webhooks").await;
    first.shows("Hook 50").shows("Hook 01").hides("Hook 00").shows("Older");
    let next = first.html().split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    browser.see(&next).await.shows("Hook 00").hides("Hook 01").shows("Newest");
}

#[tokio::test(start_paused = true)]
async fn what_a_customer_named_is_shown_as_text_everywhere() {
    let world = world("standard").await;
    let evil = "</title><script>alert(1)</script>\u{202e}\"'";
    let body = json!({
        "url": "https://a.example/?<script>", "name": evil, "description": evil, "event_types": ["<script>alert(4)"],
        "headers": {"X-A": "<script>alert(2)</script>"}, "filter": {"data": {"<script>": "<script>alert(3)</script>"}},
    });
    let path = world.endpoint(body).await;
    let page_of = format!("/portal/webhooks/{}", path.rsplit('/').next().unwrap());
    let browser = Browser::customer(&world, "t1").await;
    for page in [
        "/portal/webhooks".to_owned(),
        page_of.clone(),
        format!("{page_of}/edit"),
        format!("{page_of}/rotate"),
    ] {
        let seen = browser.see(&page).await;
        assert_eq!(seen.html().matches("<script").count(), 1, "{page}: ours alone");
    }
}
