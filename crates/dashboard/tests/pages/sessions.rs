//! Signing in and out, and what happens to those who are not.

use postrider_model::id::Mode;

use crate::browser::{Browser, Form};
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
    let browser = Browser::new(&world);
    for (key, status, word) in
        [("", 401, "key"), ("nonsense", 401, "key"), ("sk_live_customer", 403, "portal")]
    {
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
