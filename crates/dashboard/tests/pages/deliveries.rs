//! The list of deliveries on both faces.

use std::time::Duration;

use postrider_model::id::Mode;
use postrider_world::World;
use serde_json::json;

use crate::browser::{Browser, Form, text_of};
use crate::world;

const LIST: &str = "/dashboard/p/acme/live/deliveries";

/// Two tenants with an endpoint each; what goes to the second's fails.
async fn two_tenants() -> World {
    let world = world("standard").await;
    world.receivers.answer("https://two.example/in", 500, b"no");
    for (tenant, name, url) in
        [("t1", "One", "https://one.example/in"), ("t2", "Two", "https://two.example/in")]
    {
        let path = format!("/v1/tenants/{tenant}/endpoints");
        world.post(&path, json!({"url": url, "name": name})).await.expect(201);
        for kind in ["invoice.paid", "invoice.sent"] {
            world.post("/v1/events", json!({"tenant": tenant, "type": kind, "data": {}})).await.expect(202);
        }
    }
    world.pass(Duration::from_secs(2)).await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_customer_sees_its_own_deliveries_as_they_were() {
    let world = two_tenants().await;
    let portal = Browser::customer(&world, "t1").await;
    let page = portal.see("/portal/deliveries").await;
    page.shows("Recent deliveries").shows("– invoice.paid to One Status: 200 OK Duration:");
    page.hides("two.example").hides("Two").hides("500");
    let page = portal.see("/portal/deliveries?tenant=t2").await;
    page.shows("invoice.paid to One").hides("Two");
    let theirs = world.get("/v1/tenants/t2/endpoints").await.json["data"][0]["id"].clone();
    let page = portal.see(&format!("/portal/deliveries?endpoint={}", theirs.as_str().unwrap())).await;
    page.shows("No deliveries match").hides("Two");
}

#[tokio::test(start_paused = true)]
async fn an_operator_narrows_the_list_and_the_filters_stay() {
    let world = two_tenants().await;
    let operator = Browser::operator(&world, "sk_live_all").await;
    operator.see(LIST).await.shows("to One of t1").shows("to Two of t2").shows("Next retry:");
    let page = operator.see(&format!("{LIST}?tenant=t2&type=invoice.paid&status=pending&status=held")).await;
    page.shows("invoice.paid … pending to Two of t2 Status: 500 Internal Server Error");
    assert_eq!(page.html().matches("<li><span class=\"tick").count(), 1);
    // A preset keeps what else is chosen.
    assert!(page.html().contains("?tenant=t2&amp;type=invoice.paid&amp;status=failed\""), "{}", page.html());
    operator.see(&format!("{LIST}?last=1h&status=delivered")).await.shows("to One").hides("Two");
    operator.see(&format!("{LIST}?until=2020-01-01T00:00")).await.shows("No deliveries match");
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_is_wrong_is_told_at_its_field_and_keeps_what_was_entered() {
    let world = two_tenants().await;
    let operator = Browser::operator(&world, "sk_live_all").await;
    for (query, text) in [
        ("status=lost", "There is no status &quot;lost&quot;"),
        ("since=yesterday", "This is not a time"),
        ("endpoint=ep_1", "This is not the id of a webhook."),
        ("tenant=a%20b", "This cannot be a tenant&#39;s id."),
        ("cursor=nonsense", "does not name a place in this list"),
    ] {
        let answer = operator.open(&format!("{LIST}?type=kept&{query}")).await.expect(422);
        let text = text.replace("&#39;", "'");
        assert!(answer.text.contains(&text), "{query}: {}", answer.text);
        assert!(answer.text.contains("value=\"kept\""), "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_list_goes_on_page_by_page_with_its_filters() {
    let world = world("standard").await;
    world.endpoint(json!({"url": "https://one.example/in"})).await;
    for n in 0..60 {
        world.event(if n % 2 == 0 { "even" } else { "odd" }, json!({ "n": n })).await;
    }
    let operator = Browser::operator(&world, "sk_live_all").await;
    let first = operator.see(LIST).await;
    assert_eq!(first.html().matches("<li><span class=\"tick").count(), 50);
    let older = first.html().split("href=\"").filter_map(|part| part.split_once("\" rel=\"next\"")).next();
    let second = operator.see(&older.unwrap().0.replace("&amp;", "&")).await;
    assert_eq!(second.html().matches("<li><span class=\"tick").count(), 10);
    second.shows("Newest");
    let odd = operator.see(&format!("{LIST}?type=odd")).await;
    assert_eq!(odd.html().matches("<li><span class=\"tick").count(), 30);
}

#[tokio::test(start_paused = true)]
async fn only_the_first_page_of_everything_is_kept_up_to_date() {
    let world = two_tenants().await;
    let portal = Browser::customer(&world, "t1").await;
    let live = "data-live=\"/portal/deliveries/live\"";
    assert!(portal.see("/portal/deliveries").await.html().contains(live));
    portal.see("/portal/deliveries?status=delivered").await.hides("data-live");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_or_has_a_key_of_another_mode_sees_no_list() {
    let world = two_tenants().await;
    world.key("sk_live_send", Mode::Live, None, &["events:write"]).await;
    let key = vec![("key".into(), "sk_live_send".into())];
    let form = Form { action: "/dashboard/sign-in".into(), fields: key };
    let browser = Browser::new(&world);
    let answer = browser.send(&form).await.expect(403);
    assert!(text_of(&answer.text).contains("webhooks:read"), "{}", answer.text);
    for page in ["", "/live"] {
        browser.open(&format!("{LIST}{page}")).await.expect(303);
    }
    // Of another mode there is nothing to see.
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    Browser::operator(&world, "sk_test_all").await.open(LIST).await.expect(404);
}
