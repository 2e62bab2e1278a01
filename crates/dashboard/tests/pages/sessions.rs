//! Signing in and out, and what happens to those who are not.

use postrider_model::id::Mode;

use crate::browser::{Browser, Form, location};
use crate::world;

#[tokio::test(start_paused = true)]
async fn a_session_cookie_is_for_the_server_alone() {
    let world = world("standard").await;
    let browser = Browser::new(&world);
    let form = browser.see("/dashboard/sign-in").await.form("/dashboard/sign-in").with("key", "sk_live_all");
    let answer = browser.send(&form).await.expect(303);
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(cookie.contains("; Path=/dashboard;"), "{cookie}");
    assert!(!cookie.contains("sk_live_all"), "{cookie}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_opens_nothing_is_refused_with_the_reason() {
    let world = world("standard").await;
    world.key("sk_live_customer", Mode::Live, Some("t1"), &["*"]).await;
    world.key("sk_live_sender", Mode::Live, None, &["events:write"]).await;
    let browser = Browser::new(&world);
    for (key, status, word) in [
        ("", 401, "key"),
        ("nonsense", 401, "key"),
        ("sk_live_customer", 403, "portal"),
        ("sk_live_sender", 403, "webhooks:read"),
    ] {
        let form = Form { action: "/dashboard/sign-in".into(), fields: vec![("key".into(), key.into())] };
        let answer = browser.send(&form).await.expect(status);
        assert!(answer.text.contains(word), "{}", answer.text);
        assert!(answer.headers.get("set-cookie").is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_none_is_a_page() {
    let world = world("standard").await;
    let answer = Browser::new(&world).open("/dashboard/nothing/here").await.expect(404);
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(answer.text.contains("There is no such page."), "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_cannot_be_read_is_answered_by_a_page_that_says_so() {
    let world = world("standard").await;
    let operator = Browser::root(&world).await;
    let customer = Browser::customer(&world, "t1").await;
    for (browser, path) in [
        (&operator, "/dashboard/projects?cursor=a&cursor=b"),
        (&operator, "/dashboard/p/acme/live/search?q=a&q=b"),
        (&customer, "/portal/webhooks?done=a&done=b"),
    ] {
        let answer = browser.open(path).await.expect(400);
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
        assert!(answer.text.contains("This address cannot be read"), "{path}: {}", answer.text);
    }
}

#[tokio::test(start_paused = true)]
async fn an_operator_without_a_session_goes_to_sign_in_and_then_to_the_page_that_was_asked_for() {
    let world = world("standard").await;
    let browser = Browser::new(&world);
    let sign_in =
        location(&browser.open("/dashboard/p/acme/live/deliveries?status=failed").await.expect(303));
    assert_eq!(
        sign_in,
        "/dashboard/sign-in?next=%2Fdashboard%2Fp%2Facme%2Flive%2Fdeliveries%3Fstatus%3Dfailed"
    );
    let page = browser.see(&sign_in).await;
    page.shows("You are not signed in (any more).");
    browser.see("/dashboard/sign-in").await.hides("any more");
    let form = page.form(&sign_in).with("key", "sk_live_all");
    let next = location(&browser.send(&form).await.expect(303));
    assert_eq!(next, "/dashboard/p/acme/live/deliveries?status=failed");
}

#[tokio::test(start_paused = true)]
async fn signing_out_ends_the_session_on_the_server_too() {
    let world = world("standard").await;
    let browser = Browser::root(&world).await;
    let cookie = browser.cookie();
    let page = browser.see("/dashboard/projects").await;
    let left = browser.done(&page.form("/dashboard/sign-out")).await;
    left.shows("You have signed out.");
    let thief = world
        .answer(http::Request::builder().uri("/dashboard/projects").header("cookie", cookie), Vec::new())
        .await;
    thief.expect(303);
}

#[tokio::test(start_paused = true)]
async fn a_form_without_its_session_is_not_done_and_says_so() {
    let world = world("standard").await;
    let browser = Browser::root(&world).await;
    let form = browser.see("/dashboard/projects").await.form("/dashboard/sign-out");
    let nobody = Browser::new(&world);
    let answer = nobody.send(&form).await.expect(401);
    assert!(answer.text.contains("Nothing was done."), "{}", answer.text);
    assert!(answer.text.contains("/dashboard/sign-in"), "{}", answer.text);
    let other = Browser::operator(&world, "sk_live_all").await;
    let answer = other.send(&form).await.expect(403);
    assert!(answer.text.contains("does not belong to your session"), "{}", answer.text);
}
