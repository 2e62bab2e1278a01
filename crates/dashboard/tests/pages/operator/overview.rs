//! What happens in a project, and who did what in it.

use std::time::Duration;

use postrider_world::World;
use serde_json::json;

use super::LIVE;
use crate::browser::Browser;
use crate::world;

/// An endpoint that answers and one that does not, with three events, counted.
async fn busy() -> World {
    let world = world("standard").await;
    world.endpoint(json!({"url": "https://good.example/hook"})).await;
    world.endpoint(json!({"url": "https://bad.example/hook"})).await;
    world.receivers.answer("https://bad.example/hook", 503, b"");
    for number in 0..3 {
        world.event("a.b", json!({ "number": number })).await;
    }
    world.pass(Duration::from_secs(90)).await;
    world
}

#[tokio::test(start_paused = true)]
async fn the_overview_counts_what_was_sent_and_names_what_fails() {
    let world = busy().await;
    let key = Browser::operator(&world, "sk_live_all").await;
    let page = key.see(LIVE).await;
    page.shows("Events 3 accepted").shows("Delivered 3 none failed").shows("Failing webhooks");
    assert!(page.html().contains("<title>Overview · Acme · Postrider</title>"), "{}", page.html());
    page.shows("https://bad.example/hook").shows("503");
    page.hides("https://good.example/hook");
    assert_eq!(page.html().matches("<svg role=\"img\"").count(), 4, "{}", page.html());
    for span in ["24h", "7d"] {
        let page = key.see(&format!("{LIVE}?span={span}")).await;
        page.shows("Events 3 accepted");
        assert!(page.html().contains(&format!("{LIVE}/overview/live?span={span}")), "{}", page.html());
    }
    // The other mode is another world.
    let root = Browser::root(&world).await;
    let other = root.see("/dashboard/p/acme/test").await;
    other.shows("Events 0 accepted").shows("No events in this time.");
    assert!(other.html().contains("<title>Overview · Acme (test) · Postrider</title>"), "{}", other.html());
}

#[tokio::test(start_paused = true)]
async fn where_many_fail_the_overview_leads_to_the_list_of_those() {
    let world = world("standard").await;
    world.endpoint(json!({"url": "https://good.example/hook", "name": "Answers"})).await;
    for number in 0..11 {
        let url = format!("https://bad.example/{number}");
        world.endpoint(json!({"url": url, "name": format!("Broken {number}.")})).await;
        world.receivers.answer(&url, 503, b"");
    }
    world.event("a.b", json!({})).await;
    world.pass(Duration::from_secs(2)).await;
    let key = Browser::operator(&world, "sk_live_all").await;
    let page = key.see(LIVE).await;
    page.shows("Broken 10.").hides("Broken 0.");
    let link = page.html().split_once("All failing webhooks").unwrap().0.rsplit_once("href=\"").unwrap().1;
    let all = key.see(link.split('"').next().unwrap()).await;
    all.shows("Broken 10.").shows("Broken 0.").hides("Answers");
}

#[tokio::test(start_paused = true)]
async fn the_audit_log_is_narrowed_and_paged() {
    let world = world("standard").await;
    for number in 0..60 {
        world
            .post(&format!("/v1/tenants/t{}/endpoints", number % 2), json!({"url": "https://a.example/hook"}))
            .await
            .expect(201);
    }
    let key = Browser::operator(&world, "sk_live_all").await;
    let page = key.see(&format!("{LIVE}/audit?tenant=t1&action=endpoint.create")).await;
    page.shows("endpoint.create").shows("key:sk_live_all").shows("Times in the list are those of");
    assert_eq!(page.html().matches("<th scope=\"row\"").count(), 30);
    let all = key.see(&format!("{LIVE}/audit?action=endpoint.create")).await;
    let older = all.html().split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let older = older.split('"').next().unwrap().replace("&amp;", "&");
    assert!(older.contains("action=endpoint.create&cursor="), "{older}");
    let rest = key.see(&older).await;
    assert_eq!(rest.html().matches("<th scope=\"row\"").count(), 10);
    key.see(&format!("{LIVE}/audit?action=key.revoke")).await.shows("No entries match");
    key.see(&format!("{LIVE}/audit?since=soon")).await.shows("This is not a time");
    key.see(&format!("{LIVE}/audit?cursor=nonsense")).await.shows("does not name a place in this list");
}
