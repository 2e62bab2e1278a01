//! Events and single deliveries on both faces: what they show, what can be done, and who sees them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use postrider_model::id::Mode;
use postrider_world::World;
use ring::hmac;
use serde_json::{Value, json};

use crate::browser::{Browser, Form, location};
use crate::world;

const HOOK: &str = "https://one.example/in";

/// An event of `t1` and its delivery to an endpoint that answers as told; their paths below a face.
async fn delivered(world: &World, status: u16, body: &'static [u8]) -> (String, String) {
    world.receivers.answer(HOOK, status, body);
    let endpoint = world.endpoint(json!({"url": HOOK, "name": "One"})).await;
    // Its bytes as they are here: a number keeps its last zero.
    let event = r#"{"tenant": "t1", "type": "invoice.paid", "data": {"z":1.50,"a":"ä<b>"}, "changes": {"from":1},
        "attributes": {"list":"vip"}, "ordering_key": "order-7"}"#;
    let sent = world.send("sk_live_all", Method::POST, "/v1/events", &[], event.into()).await;
    let event = sent.expect(202).id();
    world.pass(Duration::from_secs(1)).await;
    let id = endpoint.rsplit('/').next().unwrap();
    (format!("/events/{event}"), format!("/events/{event}/deliveries/{id}"))
}

#[tokio::test(start_paused = true)]
async fn an_event_shows_what_it_says_in_its_order_and_where_it_went() {
    let world = world("standard").await;
    let (event, delivery) = delivered(&world, 200, b"").await;
    let portal = Browser::customer(&world, "t1").await;
    let page = portal.see(&format!("/portal{event}")).await;
    page.shows("invoice.paid").shows("Ordering key order-7").shows("\"z\" : 1.50 \"a\" : \"ä<b>\"");
    page.shows("\"from\" : 1").shows("\"list\" : \"vip\"").shows("to One Status: 200 OK");
    page.hides("data-live").hides("Erase").hides("Tenant");
    assert!(page.html().contains(&format!("href=\"/portal{delivery}\"")));
    let operator = Browser::operator(&world, "sk_live_all").await;
    operator.see(&format!("/dashboard/p/acme/live{event}")).await.shows("Tenant t1").shows("Erase it");
    operator.see("/dashboard/p/acme/live/events?tenant=t1").await.shows("invoice.paid").shows("t1 1");
    operator.see("/dashboard/p/acme/live/events?tenant=t2").await.shows("No events match");
    operator.open("/dashboard/p/acme/live/events?since=x").await.expect(422);
    // The list of events is the operators'.
    portal.open("/portal/events").await.expect(404);
}

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

/// Where the API has a delivery's endpoint.
fn endpoint_of(delivery: &str) -> String {
    format!("/v1/tenants/t1/endpoints/{}", delivery.rsplit('/').next().unwrap())
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

#[tokio::test(start_paused = true)]
async fn what_an_event_says_is_erased_by_an_operator_only() {
    let world = world("standard").await;
    let (event, delivery) = delivered(&world, 200, b"").await;
    let base = "/dashboard/p/acme/live";
    let operator = Browser::operator(&world, "sk_live_all").await;
    let action = format!("{base}{event}/erase");
    let erase = operator.see(&format!("{base}{event}")).await.form(&action);
    let page = operator.done(&erase).await;
    page.shows("The event's data was erased.").shows("What this event said was erased.").hides("order-7");
    operator.send(&erase).await.expect(409);
    operator.see(&format!("{base}{delivery}")).await.shows("it cannot be sent again");
    world.key("sk_live_reader", Mode::Live, None, &["webhooks:read"]).await;
    let reader = Browser::operator(&world, "sk_live_reader").await;
    assert!(!reader.see(&format!("{base}{event}")).await.has_form(&action));
    reader.see(&format!("{base}{delivery}")).await;
}

/// Sends a form that no page has shown this browser, with a token that its session makes itself: it knows its own
/// cookie, and so may anybody who wants to do what is not theirs.
async fn forged(browser: &Browser<'_>, action: &str) -> u16 {
    let cookie = browser.cookie();
    let session = cookie.split_once('=').unwrap().1;
    let nonce = [9; 16];
    let signed = [b"postrider form\0".as_slice(), &nonce, action.as_bytes()].concat();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, session.as_bytes()), &signed);
    let token = URL_SAFE_NO_PAD.encode([&nonce, mac.as_ref()].concat());
    let form = Form { action: action.to_owned(), fields: vec![("_form".to_owned(), token)] };
    browser.send(&form).await.status.as_u16()
}

#[tokio::test(start_paused = true)]
async fn nobody_sees_what_is_not_theirs() {
    let world = world("standard").await;
    let (event, delivery) = delivered(&world, 500, b"no").await;
    let endpoint = endpoint_of(&delivery);
    world.post(&format!("{endpoint}/disable"), Value::Null).await.expect(200);
    world.post(&format!("{endpoint}/enable"), Value::Null).await.expect(200);
    let replay =
        world.post(&format!("{endpoint}/replay"), json!({"status": ["held"]})).await.expect(202).id();
    let pages = [
        event.clone(),
        format!("{event}/live"),
        delivery.clone(),
        format!("{delivery}/live"),
        format!("/replays/{replay}"),
        format!("/replays/{replay}/live"),
    ];
    let actions = [
        format!("{event}/erase"),
        format!("{delivery}/resend"),
        format!("{delivery}/cancel"),
        format!("/replays/{replay}/cancel"),
    ];
    // Another tenant; a key of another mode, which opens no other project either.
    let t2 = Browser::customer(&world, "t2").await;
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    let test_mode = Browser::operator(&world, "sk_test_all").await;
    for path in &pages {
        t2.open(&format!("/portal{path}")).await.expect(404);
        test_mode.open(&format!("/dashboard/p/acme/live{path}")).await.expect(404);
        test_mode.open(&format!("/dashboard/p/acme/test{path}")).await.expect(404);
    }
    for action in &actions {
        assert_eq!(forged(&t2, &format!("/portal{action}")).await, 404, "{action}");
        for mode in ["live", "test"] {
            let action = format!("/dashboard/p/acme/{mode}{action}");
            assert_eq!(forged(&test_mode, &action).await, 404, "{action}");
        }
    }
    // Its owner sees all of it.
    let t1 = Browser::customer(&world, "t1").await;
    for path in pages.iter().filter(|path| !path.ends_with("/live")) {
        t1.see(&format!("/portal{path}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_shows_its_progress_and_is_cancelled() {
    let world = world("standard").await;
    let (_, delivery) = delivered(&world, 200, b"").await;
    for _ in 0..5 {
        world.event("invoice.sent", json!({})).await;
    }
    world.pass(Duration::from_secs(1)).await;
    let body = json!({"status": ["delivered"], "types": ["invoice.sent"], "per_second": 1});
    let replay = world.post(&format!("{}/replay", endpoint_of(&delivery)), body).await.expect(202).id();
    world.pass(Duration::from_millis(2_500)).await;
    let path = format!("/portal/replays/{replay}");
    let portal = Browser::customer(&world, "t1").await;
    let page = portal.see(&path).await;
    page.shows("… running").shows("Matched 5 when it began").shows("Deliveries that were delivered");
    page.shows("Event types invoice.sent").shows("at most 1 a second");
    assert!(page.html().contains(&format!("data-live=\"{path}/live\"")));
    let cancel = page.form(&format!("{path}/cancel"));
    portal.done(&cancel).await.shows("The replay was cancelled.").shows("– cancelled");
    portal.send(&cancel).await.expect(409);
    world.pass(Duration::from_secs(60)).await;
    assert!(world.receivers.sent_to(HOOK).len() < 11, "it went on");
    let operator = Browser::operator(&world, "sk_live_all").await;
    operator.see("/dashboard/p/acme/live/replays").await.shows("– cancelled 5 ");
    operator.see("/dashboard/p/acme/live/replays?tenant=t2").await.shows("No replays yet");
    operator.open("/dashboard/p/acme/live/replays?cursor=x").await.expect(422);
    portal.open("/portal/replays").await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn the_catalogue_shows_what_arrives_of_each_type() {
    let world = world("scopien").await;
    let own = json!({"description": "Ours", "schema": {"type": "object"}, "example": {"z": 1, "a": 2}});
    world.call(Method::PUT, "/v1/event-types/our.own", own).await.expect(201);
    world.call(Method::PUT, "/v1/event-types/our.old", json!({})).await.expect(201);
    world.delete("/v1/event-types/our.old").await.expect(204);
    let portal = Browser::customer(&world, "t1").await;
    let list = portal.see("/portal/catalogue").await;
    list.shows("opportunity.created New opportunity created").shows("our.own Ours").hides("our.old");
    list.hides("New type");
    let page = portal.see("/portal/catalogue/our.own").await;
    page.shows("JSON Schema").shows("\"z\" : 1 \"a\" : 2").shows("x-scopien-signature : the signature");
    page.hides("Edit").hides("Postrider").shows("\"event\" : \"our.own\"");
    portal.see("/portal/catalogue/opportunity.created").await.shows("What arrives");
    portal.open("/portal/catalogue/none").await.expect(404);
    portal.open("/portal/catalogue?cursor=x").await.expect(422);
    let base = "/dashboard/p/acme/live/catalogue";
    let operator = Browser::operator(&world, "sk_live_all").await;
    operator
        .see(base)
        .await
        .shows("our.own Ours by the project, with a schema")
        .shows("New type")
        .hides("our.old");
    operator.see(&format!("{base}/our.old")).await.shows("This type was archived");
    operator.see(&format!("{base}/our.own")).await.shows("Edit").shows("by the project");
    world.key("sk_live_reader", Mode::Live, None, &["webhooks:read"]).await;
    Browser::operator(&world, "sk_live_reader").await.see(base).await.hides("New type");
}

#[tokio::test(start_paused = true)]
async fn the_code_is_there_in_every_language_and_bears_the_product_s_name() {
    let world = world("scopien").await;
    let portal = Browser::customer(&world, "t1").await;
    let page = portal.see("/portal/code").await;
    page.shows("x-scopien-signature").shows("receiver.mjs").hides("Postrider");
    for language in postrider_service::verification::Language::ALL {
        let path = format!("/portal/code?language={}", language.name());
        assert!(page.html().contains(&path), "{path}");
        portal.see(&path).await.shows(language.file_name()).hides("Postrider");
    }
    portal.open("/portal/code?language=cobol").await.expect(404);
    Browser::operator(&world, "sk_live_all")
        .await
        .see("/dashboard/p/acme/live/code")
        .await
        .shows("WEBHOOK_SECRET");
}

#[tokio::test(start_paused = true)]
async fn an_id_leads_to_its_page() {
    let world = world("standard").await;
    let (event, delivery) = delivered(&world, 500, b"").await;
    let base = "/dashboard/p/acme/live";
    let endpoint = endpoint_of(&delivery);
    let webhook = endpoint.rsplit('/').next().unwrap().to_owned();
    let attempt = world.get(&format!("/v1{delivery}")).await.json["attempts"][0]["id"].clone();
    let replay = json!({"status": ["failed"]});
    let replay = world.post(&format!("{endpoint}/replay"), replay).await.expect(202).id();
    let operator = Browser::operator(&world, "sk_live_all").await;
    for (id, page) in [
        (event.rsplit('/').next().unwrap(), event.clone()),
        (webhook.as_str(), format!("/tenants/t1/webhooks/{webhook}")),
        (replay.as_str(), format!("/replays/{replay}")),
        ("t1", "/tenants/t1".to_owned()),
        (attempt.as_str().unwrap(), delivery.clone()),
    ] {
        let answer = operator.open(&format!("{base}/search?q=%20{id}%20")).await.expect(303);
        assert_eq!(location(&answer), format!("{base}{page}"));
    }
    for nothing in ["t2", "evt_1", "whd_1", "a%2F..", "%00", &"x".repeat(300)] {
        let answer = operator.open(&format!("{base}/search?q={nothing}")).await.expect(404);
        assert!(answer.text.contains("Nothing found"), "{}", answer.text);
    }
    operator.see(&format!("{base}/search")).await.shows("These lead to their page");
    // An operator of the other mode finds none of it.
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    let other = Browser::operator(&world, "sk_test_all").await;
    other.open(&format!("/dashboard/p/acme/test/search?q={webhook}")).await.expect(404);
    Browser::customer(&world, "t1").await.open("/portal/search?q=t1").await.expect(404);
}
