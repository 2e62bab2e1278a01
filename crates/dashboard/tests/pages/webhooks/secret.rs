//! Secrets: read back where the contract lets one, rotated, set.

use serde_json::json;

use crate::browser::Browser;
use crate::world;

async fn page(world: &postrider_world::World, body: serde_json::Value) -> String {
    let path = world.endpoint(body).await;
    format!("/portal/webhooks/{}", path.rsplit('/').next().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_read_back_only_where_the_contract_lets_one() {
    let standard = world("standard").await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let page_of = page(&standard, json!({"url": "https://a.example/x", "secret": secret})).await;
    let browser = Browser::customer(&standard, "t1").await;
    let shown = browser.see(&page_of).await;
    shown.hides(secret);
    let revealed = browser.send(&shown.form(&format!("{page_of}/reveal"))).await.expect(200);
    assert!(revealed.text.contains(secret), "{}", revealed.text);

    let scopien = world("scopien").await;
    let page_of = page(&scopien, json!({"url": "https://a.example/x"})).await;
    let browser = Browser::customer(&scopien, "t1").await;
    let shown = browser.see(&page_of).await;
    assert!(!shown.has_form(&format!("{page_of}/reveal")));
    // Not offered, and refused: with a token that is good for another form of the page too.
    let mut form = shown.form(&format!("{page_of}/disable"));
    form.action = format!("{page_of}/reveal");
    browser.send(&form).await.expect(403);
}

#[tokio::test(start_paused = true)]
async fn a_rotated_secret_is_shown_once_and_the_old_one_signs_beside_it() {
    let world = world("standard").await;
    let page_of = page(&world, json!({"url": "https://a.example/x"})).await;
    let browser = Browser::customer(&world, "t1").await;
    let rotate = format!("{page_of}/rotate");
    let form = browser.see(&rotate).await.form(&rotate).with("overlap", "3600");
    let shown = browser.send(&form).await.expect(200);
    assert!(shown.text.contains("2026-01-22 11:30:00 UTC"), "{}", shown.text);
    assert_eq!(shown.text.matches("whsec_").count(), 2, "the text, and what is copied");
    let again = browser.send(&form).await.expect(409);
    assert!(!again.text.contains("whsec_"));
    world.event("a.b", json!({})).await;
    let sent = world.receivers.wait_for(1).await;
    assert_eq!(sent[0].header("webhook-signature").split(' ').count(), 2);
    browser.see(&page_of).await.shows("The one before, made").hides("whsec_");
}

#[tokio::test(start_paused = true)]
async fn a_time_that_is_none_rotates_nothing() {
    let world = world("standard").await;
    let page_of = page(&world, json!({"url": "https://a.example/x"})).await;
    let browser = Browser::customer(&world, "t1").await;
    let rotate = format!("{page_of}/rotate");
    for bad in ["-5", "abc", "1e3", "99999999999999999999"] {
        let form = browser.see(&rotate).await.form(&rotate).with("overlap", bad);
        let refused = browser.send(&form).await.expect(422);
        assert!(refused.text.contains("whole seconds"), "{bad}: {}", refused.text);
    }
    browser.see(&page_of).await.hides("The one before, made");
}

#[tokio::test(start_paused = true)]
async fn where_one_signature_is_sent_no_overlap_is_offered() {
    let world = world("scopien").await;
    let page_of = page(&world, json!({"url": "https://a.example/x"})).await;
    let browser = Browser::customer(&world, "t1").await;
    let rotate = format!("{page_of}/rotate");
    let page = browser.see(&rotate).await;
    page.shows("with the new secret only").hides("name=\"overlap\"");
    let bad = browser.send(&page.form(&rotate).with("secret", "a\u{7}b")).await.expect(422);
    assert!(bad.text.contains("aria-invalid=\"true\""), "{}", bad.text);
    let form = browser.see(&rotate).await.form(&rotate).with("secret", "my-own-secret");
    assert!(browser.send(&form).await.expect(200).text.contains("my-own-secret"));
}

#[tokio::test(start_paused = true)]
async fn a_webhook_without_a_secret_can_be_given_one() {
    let world = world("scendcore").await;
    let page_of =
        page(&world, json!({"url": "https://a.example/x", "event_types": ["contact.created"]})).await;
    let browser = Browser::customer(&world, "t1").await;
    browser.see(&page_of).await.shows("No secret was given").shows("Set a secret");
    let rotate = format!("{page_of}/rotate");
    let form = browser.see(&rotate).await.form(&rotate).with("secret", "shared with my server");
    browser.send(&form).await.expect(200);
    browser.see(&page_of).await.shows("Requests are signed with a secret.");
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_signed_there_is_no_secret() {
    let world = world("call-center").await;
    let page_of = page(&world, json!({"url": "https://a.example/x"})).await;
    let browser = Browser::customer(&world, "t1").await;
    browser.see(&page_of).await.shows("Not signed").hides("/rotate").hides("/reveal");
    browser.open(&format!("{page_of}/rotate")).await.expect(404);
}
