//! "Create Webhook", step by step, under contracts that ask for different things.

use serde_json::json;

use crate::browser::{Browser, location};
use crate::world;

const HOOK: &str = "https://your-app.com/webhooks/scopien";

#[tokio::test(start_paused = true)]
async fn the_walk_of_the_scopien_document_makes_a_webhook_and_shows_its_secret_once() {
    let world = world("scopien").await;
    let browser = Browser::customer(&world, "t1").await;
    let list = browser.see("/portal/webhooks").await;
    list.shows("Settings Webhooks").shows("No webhooks yet").shows("Create Webhook");
    let page = browser.see("/portal/webhooks/new").await;
    page.shows("Opportunity modified").shows("Secret").shows("Enabled");
    let form = page
        .form("/portal/webhooks/new")
        .with("name", "Production Webhook")
        .with("url", HOOK)
        .with("types", "chosen")
        .and("type", "opportunity.updated")
        .and("type", "lead.created");
    let created = browser.send(&form).await.expect(200);
    assert!(created.text.contains("it is not shown again"), "{}", created.text);
    let listed = world.get("/v1/tenants/t1/endpoints").await.json["data"][0].clone();
    assert_eq!((&listed["name"], &listed["url"]), (&json!("Production Webhook"), &json!(HOOK)));
    assert_eq!(listed["event_types"], json!(["opportunity.updated", "lead.created"]));
    assert_eq!(listed["enabled"], json!(true));
    let id = listed["id"].as_str().unwrap();
    let secret = secret_on(&created.text);
    assert!(secret.starts_with("whsec_") && secret.len() == 38, "{secret}");
    let shown = browser.see(&format!("/portal/webhooks/{id}")).await;
    shown.shows("Production Webhook").shows(HOOK).hides(&secret);
    // What is sent is signed with it.
    world.event("lead.created", json!({"id": "lead_1"})).await;
    let sent = world.receivers.wait_for(1).await;
    assert_eq!(sent[0].header("x-scopien-signature"), signature(&secret, &sent[0].body));
}

#[tokio::test(start_paused = true)]
async fn a_form_that_is_sent_twice_makes_one_webhook() {
    let world = world("scopien").await;
    let browser = Browser::customer(&world, "t1").await;
    let page = browser.see("/portal/webhooks/new").await;
    let form = page.form("/portal/webhooks/new").with("url", HOOK).with("types", "all");
    let created = browser.send(&form).await.expect(200);
    let secret = secret_on(&created.text);
    let again = browser.send(&form).await.expect(409);
    assert!(again.text.contains("This form was sent before"), "{}", again.text);
    assert!(!again.text.contains(&secret));
    let listed = world.get("/v1/tenants/t1/endpoints").await.json;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    let id = listed["data"][0]["id"].as_str().unwrap();
    assert!(again.text.contains(&format!("href=\"/portal/webhooks/{id}\"")), "{}", again.text);
}

#[tokio::test(start_paused = true)]
async fn a_form_that_is_made_to_overwhelm_is_refused() {
    let world = world("standard").await;
    let browser = Browser::customer(&world, "t1").await;
    let page = browser.see("/portal/webhooks/new").await;
    let form = || page.form("/portal/webhooks/new").with("url", HOOK).with("types", "chosen");
    let deep = format!("{}a", "a.".repeat(200_000));
    let deep = form().with("type", "a.b").with("filter_field", &deep).with("filter_operator", "eq");
    let answer = browser.send(&deep).await.expect(422);
    assert!(answer.text.contains("at most 32 parts"), "{}", answer.text.len());
    let lines: Vec<_> = (0..20_000).map(|n| format!("no type {n}")).collect();
    let answer = browser.send(&form().with("other_types", &lines.join("\n"))).await.expect(422);
    assert!(answer.text.contains("An endpoint names at most 250 types."), "{}", answer.text.len());
    let many = (0..5_000).fold(form(), |form, n| form.and("type", &n.to_string()));
    let answer = browser.send(&many).await.expect(413);
    assert!(answer.text.contains("at most 4000 fields"), "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn what_was_entered_survives_a_refusal_and_every_fault_stands_at_its_field() {
    let world = world("scopien").await;
    let browser = Browser::customer(&world, "t1").await;
    let form = browser.see("/portal/webhooks/new").await.form("/portal/webhooks/new");
    let form = form
        .with("name", "</script><script>alert(1)</script>")
        .with("url", "http://your-app.com/x")
        .with("description", "two\r\nlines")
        .with("types", "chosen")
        .with("secret", "my own secret")
        .with("filter_field", "data.amount")
        .with("filter_operator", "gt")
        .with("filter_value", "50000")
        .with("header_name", "Host")
        .with("header_value", "evil")
        .with("batches", "1")
        .with("batch_size", "101")
        .with("batch_wait", "soon")
        .with("rate", "101");
    let answer = browser.send(&form).await.expect(422);
    for said in [
        "Nothing was done yet.",
        "Choose at least one event, or all.",
        "Host : This header is set by the sender.",
        "This lies between 1 and 100.",
        "This must be a number.",
        "This lies between 0.0002 and 10.",
    ] {
        assert!(crate::browser::text_of(&answer.text).contains(said), "{said}: {}", answer.text);
    }
    assert!(answer.text.contains("aria-invalid=\"true\""));
    assert!(!answer.text.contains("<script>alert"));
    let again =
        crate::browser::Seen { answer, path: "/portal/webhooks/new".into() }.form("/portal/webhooks/new");
    for (name, value) in form.fields.iter().filter(|(name, _)| name != "_form") {
        assert_eq!(
            again.value(name),
            Some(value.as_str()).map(|value| value.replace("\r\n", "\n")).as_deref(),
            "{name}"
        );
    }
    assert!(world.get("/v1/tenants/t1/endpoints").await.json["data"].as_array().unwrap().is_empty());
    // Put right, the same form makes it.
    let right = again
        .with("url", HOOK)
        .with("types", "all")
        .with("header_name", "X-Custom-Header")
        .with("batch_size", "100")
        .with("batch_wait", "1,5")
        .with("rate", "10");
    browser.send(&right).await.expect(200);
    let made = world.get("/v1/tenants/t1/endpoints").await.json["data"][0].clone();
    assert_eq!(made["filter"], json!({"data": {"amount": {"$gt": 50000}}}));
    assert_eq!(made["batch"], json!({"max_size": 100, "max_wait_seconds": 1.5}));
    assert_eq!(made["headers"], json!({"X-Custom-Header": "evil"}));
    assert_eq!(made["rate_limit"], json!({"per_second": 10.0}));
    assert_eq!(made["name"], "</script><script>alert(1)</script>");
}

#[tokio::test(start_paused = true)]
async fn the_walk_of_the_call_center_document_filters_by_contact_lists() {
    let world = world("call-center").await;
    let browser = Browser::customer(&world, "t1").await;
    let page = browser.see("/portal/webhooks/new").await;
    page.shows("Contact lists").shows("Call Ended").shows("A call finished").hides("name=\"secret\"");
    let form = page
        .form("/portal/webhooks/new")
        .with("url", "https://calls.example/in")
        .with("types", "chosen")
        .and("type", "Call Ended")
        .with("filter_field_0", "gold\r\nsilver");
    let created = location(&browser.send(&form).await.expect(303));
    let shown = browser.see(&created).await;
    shown.shows("Created.").shows("Contact lists: gold, silver").shows("Not signed");
    let event = |lists: serde_json::Value| json!({"tenant": "t1", "type": "Call Ended", "data": {}, "attributes": {"contact_lists": lists}});
    world.post("/v1/events", event(json!(["bronze"]))).await.expect(202);
    let wanted = world.post("/v1/events", event(json!(["silver", "bronze"]))).await.expect(202);
    let sent = world.receivers.wait_for(1).await;
    assert!(sent[0].text().contains(&wanted.id()), "{}", sent[0].text());
    // The field shows them again.
    let form = browser.see(&format!("{}/edit", shown.path.split('?').next().unwrap())).await;
    let edit = form.forms().into_iter().find(|form| form.action.ends_with("/edit")).unwrap();
    assert_eq!(edit.value("filter_field_0"), Some("gold\nsilver"));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_contract_is_told_in_the_form() {
    let world = world("scendcore").await;
    let browser = Browser::customer(&world, "t1").await;
    for number in 0..10 {
        world
            .endpoint(
                json!({"url": format!("https://a.example/{number}"), "event_types": ["contact.created"]}),
            )
            .await;
    }
    let page = browser.see("/portal/webhooks/new").await;
    page.shows("Up to 10 may be enabled at a time.");
    let form = page.form("/portal/webhooks/new").with("url", "https://a.example/x").with("types", "all");
    let refused = browser.send(&form).await.expect(422);
    assert!(refused.text.contains("allows a tenant 10 active endpoints"), "{}", refused.text);
    browser.send(&form.without("enabled")).await;
}

fn secret_on(html: &str) -> String {
    let code = html.split("<pre").nth(1).unwrap_or_else(|| panic!("no secret on {html}"));
    code.split("<code>").nth(1).unwrap().split("</code>").next().unwrap().to_owned()
}

fn signature(secret: &str, body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let mac = ring::hmac::sign(&key, body);
    let hex: String = mac.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}
