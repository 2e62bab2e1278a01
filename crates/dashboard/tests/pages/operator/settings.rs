//! A project's settings.

use http::Method;
use serde_json::{Value, json};

use super::LIVE;
use crate::browser::{Browser, Form, location, portal_link};
use crate::world;

async fn form(browser: &Browser<'_>, section: &str) -> Form {
    browser.see(&format!("{LIVE}/settings")).await.form(&format!("{LIVE}/settings/{section}"))
}

#[tokio::test(start_paused = true)]
async fn what_is_set_holds_and_what_is_blank_follows_the_contract() {
    let world = world("scopien").await;
    let root = Browser::root(&world).await;
    let page = root.see(&format!("{LIVE}/settings")).await;
    page.shows("Now: after 5 s, 30 s, 2 min, 10 min, 1 h (from the contract).")
        .shows("Now: 30 days (from the server).");
    let changed = form(&root, "delivery").await.with("retry", "1s, 2m").with("timeout_seconds", "2.5");
    let changed = changed.with("disable", "consecutive_failures").with("disable_number", "3");
    let page = root.done(&changed).await;
    page.shows("Saved.")
        .shows("Now: after 1 s, 2 min (set here).")
        .shows("after 3 failed attempts in a row (set here)");
    let shown = world.root(Method::GET, "/v1/projects/acme", Value::Null).await.expect(200);
    assert_eq!(
        shown.json["settings"],
        json!({"retry": {"schedule_seconds": [1, 120]}, "timeout_seconds": 2.5, "disable": {"consecutive_failures": 3}})
    );
    let back =
        form(&root, "delivery").await.with("retry", "").with("timeout_seconds", "").with("disable", "");
    root.done(&back).await.shows("Now: after 5 s, 30 s, 2 min, 10 min, 1 h (from the contract).");
    let shown = world.root(Method::GET, "/v1/projects/acme", Value::Null).await.expect(200);
    assert_eq!(shown.json["settings"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_told_in_its_section_and_saves_nothing() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    let refused = root
        .send(
            &form(&root, "portal")
                .await
                .with("allowed_origins", "https://a.example\nb")
                .with("colour", "red"),
        )
        .await
        .expect(422);
    assert!(refused.text.contains("Line 2: This must be an origin"), "{}", refused.text);
    assert!(refused.text.contains("<a href=\"#colour\">Colour</a>"), "{}", refused.text);
    assert!(refused.text.contains("https://a.example\nb</textarea>"), "{}", refused.text);
    let refused = root.send(&form(&root, "delivery").await.with("retry", "1s, 99d")).await.expect(422);
    assert!(refused.text.contains("Wait 2: "), "{}", refused.text);
    let refused = root.send(&form(&root, "contract").await.with("contract", "none")).await.expect(422);
    assert!(refused.text.contains("There is no contract"), "{}", refused.text);
    let shown = world.root(Method::GET, "/v1/projects/acme", Value::Null).await.expect(200);
    assert_eq!((&shown.json["settings"], &shown.json["contract"]), (&json!({}), &json!("standard")));
}

#[tokio::test(start_paused = true)]
async fn the_portal_takes_the_name_and_the_colour() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    let branded = form(&root, "portal").await.with("branding_name", "Rocket CRM").with("colour", "#0a7f5b");
    let page = root.done(&branded.with("allowed_origins", "https://app.example")).await;
    assert!(page.html().contains("<text x=\"16\" y=\"25\""), "{}", page.html());
    let customer = Browser::new(&world);
    customer.open(&portal_link(&world, "t1").await).await.expect(303);
    let portal = customer.see("/portal/webhooks").await;
    portal.shows("Rocket CRM").hides("Postrider");
    assert!(portal.html().contains("theme-0a7f5b.css"), "{}", portal.html());
    let policy = portal.answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("frame-ancestors https://app.example"), "{policy}");
}

#[tokio::test(start_paused = true)]
async fn a_form_from_before_somebody_else_s_change_saves_nothing() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    let stale = form(&root, "name").await.with("name", "Mine");
    world.root(Method::PATCH, "/v1/projects/acme", json!({"name": "Theirs"})).await.expect(200);
    let refused = root.send(&stale).await.expect(409);
    assert!(refused.text.contains("Changed meanwhile"), "{}", refused.text);
    assert!(refused.text.contains(&format!("{LIVE}/settings")), "{}", refused.text);
    let shown = world.root(Method::GET, "/v1/projects/acme", Value::Null).await.expect(200);
    assert_eq!(shown.json["name"], "Theirs");
    let fresh = form(&root, "contract").await.with("contract", "call-center");
    root.done(&fresh).await.shows("Now: Call center");
}

#[tokio::test(start_paused = true)]
async fn a_project_is_deleted_only_when_its_id_is_typed() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    let key = Browser::operator(&world, "sk_live_all").await;
    key.see(LIVE).await;
    let end = form(&root, "delete").await;
    let refused = root.send(&end.clone().with("typed_id", "Acme")).await.expect(422);
    assert!(refused.text.contains("This is not the id."), "{}", refused.text);
    let deleted = root.send(&end.with("typed_id", "acme")).await.expect(303);
    assert_eq!(location(&deleted), "/dashboard/projects?done=project-deleted");
    root.open(&format!("{LIVE}/settings")).await.expect(404);
    assert!(location(&key.open(LIVE).await.expect(303)).starts_with("/dashboard/sign-in"));
}
