//! One delivery: what it shows, and what can be done with it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{HOOK, delivered, endpoint_of};
use crate::browser::Browser;
use crate::world;

#[tokio::test(start_paused = true)]
async fn a_delivery_shows_its_attempts_and_the_request_without_secrets() {
    let world = world("standard").await;
    let (_, delivery) = delivered(&world, 500, b"<script>alert(1)</script>").await;
    let page = Browser::customer(&world, "t1").await.see(&format!("/portal{delivery}")).await;
    page.shows("Attempt 1 500 Internal Server Error").shows("Answered with an error http_status");
    page.shows("<script>alert(1)</script>").hides("<script>alert");
    page.shows("Next attempt 2026-").shows(&format!("POST {HOOK}")).shows("webhook-id : evt_");
    page.shows("webhook-signature : the signature, made for each attempt").hides("Postrider");
    page.shows("\"type\" : \"invoice.paid\"").shows("Made again from what is kept");
    assert!(page.html().contains(&format!("data-live=\"/portal{delivery}/live\"")));
    let secret = world.get(&format!("{}/secret", endpoint_of(&delivery))).await.expect(200).text;
    let secret: Value = serde_json::from_str(&secret).unwrap();
    page.hides(secret["secret"].as_str().unwrap_or("whsec_"));
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_sent_again_once_however_often_the_form_is_sent() {
    let world = world("scopien").await;
    world.receivers.answer(HOOK, 200, b"");
    let endpoint = world.endpoint(json!({"url": HOOK, "event_types": ["lead.created"]})).await;
    let event = world.event("lead.created", json!({})).await;
    world.pass(Duration::from_secs(1)).await;
    let path = format!("/portal/events/{event}/deliveries/{}", endpoint.rsplit('/').next().unwrap());
    let portal = Browser::customer(&world, "t1").await;
    let first = portal.see(&path).await;
    first.shows("✓ delivered").shows("Attempt 1 200 OK");
    let form = first.form(&format!("{path}/resend"));
    let after = portal.done(&form).await;
    after.shows("It is being sent again.");
    let again = portal.send(&form).await.expect(409);
    assert!(again.text.contains("This form was sent before"), "{}", again.text);
    assert!(again.text.contains(&format!("href=\"{path}\"")), "{}", again.text);
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(world.receivers.sent_to(HOOK).len(), 2);
    portal.see(&path).await.shows("Attempt 2 200 OK");
}

#[tokio::test(start_paused = true)]
async fn a_stale_form_does_not_send_again() {
    let world = world("standard").await;
    let (_, delivery) = delivered(&world, 200, b"").await;
    let path = format!("/portal{delivery}");
    let portal = Browser::customer(&world, "t1").await;
    let stale = portal.see(&path).await.form(&format!("{path}/resend"));
    world.post(&format!("/v1{delivery}/resend"), Value::Null).await.expect(202);
    world.pass(Duration::from_secs(1)).await;
    let answer = portal.send(&stale).await.expect(409);
    assert!(answer.text.contains("Changed meanwhile"), "{}", answer.text);
    assert_eq!(world.receivers.sent_to(HOOK).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_waits_is_cancelled_and_one_that_ended_is_not() {
    let world = world("standard").await;
    let (_, delivery) = delivered(&world, 500, b"").await;
    let path = format!("/portal{delivery}");
    let portal = Browser::customer(&world, "t1").await;
    let page = portal.see(&path).await;
    assert!(!page.has_form(&format!("{path}/resend")), "a pending one is sent anyway");
    let cancel = page.form(&format!("{path}/cancel"));
    let other = portal.see(&path).await.form(&format!("{path}/cancel"));
    portal.done(&cancel).await.shows("Cancelled: it will not be sent.").shows("– cancelled");
    let answer = portal.send(&other).await.expect(409);
    assert!(answer.text.contains("The delivery is cancelled already."), "{}", answer.text);
    assert!(answer.text.contains("Back to the delivery"), "{}", answer.text);
    world.pass(Duration::from_secs(3_600)).await;
    assert_eq!(world.receivers.sent_to(HOOK).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_again_to_a_disabled_or_deleted_webhook() {
    let world = world("standard").await;
    let (_, delivery) = delivered(&world, 200, b"").await;
    let path = format!("/portal{delivery}");
    let portal = Browser::customer(&world, "t1").await;
    let form = portal.see(&path).await.form(&format!("{path}/resend"));
    let endpoint = endpoint_of(&delivery);
    world.post(&format!("{endpoint}/disable"), Value::Null).await.expect(200);
    let answer = portal.send(&form).await.expect(409);
    assert!(answer.text.contains("The endpoint is disabled; enable it first."), "{}", answer.text);
    let page = portal.see(&path).await;
    page.shows("The webhook is disabled.");
    assert!(!page.has_form(&format!("{path}/resend")));
    world.delete(&endpoint).await.expect(204);
    portal.see(&path).await.shows("The webhook was deleted");
    portal.see("/portal/deliveries").await.shows("to One (deleted)");
}
