//! Links to the portal: opened once, in time, unaltered.

use std::time::Duration;

use http::Request;

use crate::browser::{Browser, location, portal_link};
use crate::world;

#[tokio::test(start_paused = true)]
async fn a_link_that_is_late_altered_or_unknown_opens_nothing_and_says_why() {
    let world = world("standard").await;
    let link = portal_link(&world, "t1").await;
    let late = portal_link(&world, "t1").await;
    for bad in [format!("{link}x"), link[..link.len() - 1].to_owned(), "/portal/pl_nothing".into()] {
        let answer = Browser::new(&world).open(&bad).await.expect(410);
        assert!(answer.text.contains("This link is not valid"), "{}", answer.text);
        assert!(answer.headers.get("set-cookie").is_none());
    }
    Browser::new(&world).open(&link).await.expect(303);
    world.pass(Duration::from_secs(301)).await;
    let answer = Browser::new(&world).open(&late).await.expect(410);
    assert!(answer.text.contains("This link has expired"), "{}", answer.text);
    assert!(answer.text.contains("Go back to the product"), "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn looking_at_a_link_without_opening_it_does_not_use_it_up() {
    let world = world("standard").await;
    let link = portal_link(&world, "t1").await;
    let head = Request::builder().method("HEAD").uri(&link);
    assert_eq!(world.answer(head, Vec::new()).await.status.as_u16(), 410);
    let prefetch = Request::builder().uri(&link).header("sec-purpose", "prefetch");
    world.answer(prefetch, Vec::new()).await.expect(410);
    Browser::new(&world).open(&link).await.expect(303);
}

#[tokio::test(start_paused = true)]
async fn in_an_iframe_the_cookie_is_kept_apart_for_the_page_around_it() {
    let world = world("standard").await;
    let link = portal_link(&world, "t1").await;
    let opened =
        world.answer(Request::builder().uri(&link).header("sec-fetch-dest", "iframe"), Vec::new()).await;
    let cookie = opened.expect(303).headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.ends_with("HttpOnly; SameSite=None; Secure; Partitioned"), "{cookie}");
}

#[tokio::test(start_paused = true)]
async fn a_link_opens_the_portal_once() {
    let world = world("standard").await;
    let link = portal_link(&world, "t1").await;
    let browser = Browser::new(&world);
    assert_eq!(location(&browser.open(&link).await.expect(303)), "/portal/webhooks");
    let again = Browser::new(&world).open(&link).await.expect(410);
    assert!(again.text.contains("This link was used before"), "{}", again.text);
    browser.see("/portal/webhooks").await;
}

#[tokio::test(start_paused = true)]
async fn a_cookie_of_the_portal_says_nothing_at_the_dashboard() {
    let world = world("standard").await;
    let customer = Browser::customer(&world, "t1").await;
    let token = customer.cookie().split_once('=').unwrap().1.to_owned();
    let request = Request::builder().uri("/dashboard/p/acme/live/deliveries");
    let answer =
        world.answer(request.header("cookie", format!("postrider_dashboard={token}")), Vec::new()).await;
    answer.expect(303);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_its_tenant() {
    let world = world("standard").await;
    let browser = Browser::customer(&world, "t1").await;
    browser.see("/portal/webhooks").await;
    world.delete("/v1/tenants/t1").await;
    world.pass(Duration::from_secs(1)).await;
    let answer = browser.open("/portal/webhooks").await.expect(401);
    assert!(answer.text.contains("Your session has ended"), "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn only_the_project_s_origins_may_embed_the_portal() {
    let world = world("standard").await;
    let browser = Browser::customer(&world, "t1").await;
    let policy = |page: &crate::browser::Seen| {
        page.answer.headers["content-security-policy"].to_str().unwrap().to_owned()
    };
    assert!(policy(&browser.see("/portal/webhooks").await).ends_with("frame-ancestors 'none'"));
    let settings = serde_json::json!({"settings": {"allowed_origins": ["https://app.example.com"]}});
    world.root(http::Method::PATCH, "/v1/projects/acme", settings).await.expect(200);
    let page = browser.see("/portal/webhooks").await;
    assert!(policy(&page).ends_with("frame-ancestors https://app.example.com"));
}

#[tokio::test(start_paused = true)]
async fn what_the_portal_refuses_is_told_in_an_iframe_too() {
    let world = world("standard").await;
    let policy = async |browser: &Browser<'_>, path: &str, status: u16| {
        let answer = browser.open(path).await.expect(status);
        answer.headers["content-security-policy"].to_str().unwrap().to_owned()
    };
    let nobody = Browser::new(&world);
    for (path, status) in [("/portal/pl_nothing", 410), ("/portal/webhooks", 401)] {
        assert!(policy(&nobody, path, status).await.ends_with("frame-ancestors *"), "{path}");
    }
    assert!(policy(&nobody, "/dashboard/nothing", 404).await.ends_with("frame-ancestors 'none'"));
}

#[tokio::test(start_paused = true)]
async fn a_slash_at_the_end_leads_to_the_first_page() {
    let world = world("standard").await;
    let browser = Browser::new(&world);
    assert_eq!(location(&browser.open("/dashboard/").await.expect(303)), "/dashboard");
    assert_eq!(location(&browser.open("/portal/").await.expect(303)), "/portal");
}
