//! Whose webhooks a session reaches, route by route (DESIGN 7 "Tenancy").

use http::Method;
use postrider_world::World;
use serde_json::json;

use crate::browser::{Browser, Form};
use crate::forged;
use crate::world;

/// What of a webhook can be opened.
const PAGES: [&str; 6] = ["", "/live", "/edit", "/rotate", "/test", "/replay"];
/// What can be sent to it.
const FORMS: [&str; 8] =
    ["/edit", "/enable", "/disable", "/delete", "/reveal", "/rotate", "/test", "/replay"];

/// A form that a session makes up, with everything in it that a form of these may have.
fn made_up(browser: &Browser<'_>, action: &str) -> Form {
    let token = forged::token(browser, action, 7);
    let fields = [
        ("_form", token.as_str()),
        ("revision", "1"),
        ("was_enabled", "1"),
        ("url", "https://evil.example/"),
        ("types", "all"),
        ("type", "a.b"),
        ("data", "{}"),
        ("status", "held"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Form { action: action.to_owned(), fields }
}

async fn reaches_nothing(browser: &Browser<'_>, webhook: &str) {
    for page in PAGES {
        let answer = browser.open(&format!("{webhook}{page}")).await;
        assert_eq!(answer.status.as_u16(), 404, "{webhook}{page}: {}", answer.text);
        assert!(!answer.text.contains("secret.example"));
    }
    for action in FORMS {
        let answer = browser.send(&made_up(browser, &format!("{webhook}{action}"))).await;
        assert_eq!(answer.status.as_u16(), 404, "{webhook}{action}: {}", answer.text);
        assert!(!answer.text.contains("secret.example"));
    }
}

/// A webhook of a tenant: its path in the API, and its id.
async fn of(world: &World, tenant: &str) -> (String, String) {
    let body = json!({"url": "https://secret.example/x", "name": "secret.example"});
    let id = world.post(&format!("/v1/tenants/{tenant}/endpoints"), body).await.expect(201).id();
    (format!("/v1/tenants/{tenant}/endpoints/{id}"), id)
}

#[tokio::test(start_paused = true)]
async fn a_made_up_form_is_as_good_as_one_of_a_page() {
    let world = world("standard").await;
    let (path, id) = of(&world, "t1").await;
    let browser = Browser::customer(&world, "t1").await;
    browser.send(&made_up(&browser, &format!("/portal/webhooks/{id}/disable"))).await.expect(303);
    assert_eq!(world.get(&path).await.json["enabled"], false);
}

#[tokio::test(start_paused = true)]
async fn a_customer_never_reaches_another_tenant_s_webhook() {
    let world = world("standard").await;
    let (path, id) = of(&world, "t2").await;
    let before = world.get(&path).await.json;
    let browser = Browser::customer(&world, "t1").await;
    browser.see("/portal/webhooks").await.hides("secret.example");
    reaches_nothing(&browser, &format!("/portal/webhooks/{id}")).await;
    assert_eq!(world.get(&path).await.json, before);
    // What an operator's page says of a tenant in its path means nothing to a customer.
    let operators = format!("/dashboard/p/acme/live/tenants/t2/webhooks/{id}");
    browser.open(&operators).await.expect(303);
    browser.send(&made_up(&browser, &format!("{operators}/delete"))).await.expect(401);
    assert_eq!(world.get(&path).await.json, before);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_stands_below_its_own_tenant_only() {
    let world = world("standard").await;
    let (path, id) = of(&world, "t2").await;
    of(&world, "t1").await;
    let before = world.get(&path).await.json;
    let operator = Browser::operator(&world, "sk_live_all").await;
    reaches_nothing(&operator, &format!("/dashboard/p/acme/live/tenants/t1/webhooks/{id}")).await;
    reaches_nothing(&operator, &format!("/dashboard/p/acme/live/tenants/none/webhooks/{id}")).await;
    assert_eq!(world.get(&path).await.json, before);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_one_project_or_mode_never_reaches_another_s() {
    let world = world("standard").await;
    let (path, id) = of(&world, "t1").await;
    let before = world.get(&path).await.json;
    let project = json!({"id": "other", "name": "Other", "contract": "standard"});
    world.root(Method::POST, "/v1/projects", project).await.expect(201);
    let key = json!({"name": "k", "mode": "live", "scopes": ["*"]});
    let key = world.root(Method::POST, "/v1/projects/other/keys", key).await.expect(201).json["key"].clone();
    let stranger = Browser::operator(&world, key.as_str().unwrap()).await;
    for base in ["p/acme/live", "p/acme/test", "p/other/live", "p/other/test"] {
        reaches_nothing(&stranger, &format!("/dashboard/{base}/tenants/t1/webhooks/{id}")).await;
    }
    for base in ["p/acme/live", "p/other/test"] {
        stranger.open(&format!("/dashboard/{base}/tenants/t1/webhooks")).await.expect(404);
        let new = format!("/dashboard/{base}/tenants/t1/webhooks/new");
        stranger.open(&new).await.expect(404);
        stranger.send(&made_up(&stranger, &new)).await.expect(404);
    }
    let of_test_mode = Browser::operator(&world, "sk_live_all").await;
    reaches_nothing(&of_test_mode, &format!("/dashboard/p/acme/test/tenants/t1/webhooks/{id}")).await;
    assert_eq!(world.get(&path).await.json, before);
    assert_eq!(world.get("/v1/tenants/t1/endpoints").await.json["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_none_is_no_page() {
    let world = world("standard").await;
    let browser = Browser::customer(&world, "t1").await;
    for bad in ["ep_x", "wh_1", "%20", "%FF", "..%2F"] {
        let answer = browser.open(&format!("/portal/webhooks/{bad}")).await;
        assert_eq!(answer.status.as_u16(), 404, "{bad}");
    }
    let operator = Browser::operator(&world, "sk_live_all").await;
    for bad in ["a%20b", "%FF", "a%2Fb"] {
        operator.open(&format!("/dashboard/p/acme/live/tenants/{bad}/webhooks")).await.expect(404);
        operator.open(&format!("/dashboard/p/acme/live/tenants/{bad}/webhooks/new")).await.expect(404);
    }
}
