//! API keys.

use http::Method;
use serde_json::Value;

use super::LIVE;
use crate::browser::Browser;
use crate::world;

/// The text in the page's element that is to be copied.
fn copied(html: &str) -> String {
    html.split("data-copy=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_shown_once_works_and_can_be_revoked() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    let form = root.see(&format!("{LIVE}/keys/new")).await.form(&format!("{LIVE}/keys/new"));
    let form = form.with("name", "ci").with("mode", "test").and("scopes", "webhooks:read");
    let made = root.send(&form).await.expect(200);
    let key = copied(&made.text);
    assert!(key.starts_with("sk_test_"), "{key}");
    world.call_as(&key, Method::GET, "/v1/tenants", Value::Null).await.expect(200);
    world.call_as(&key, Method::POST, "/v1/events", Value::Null).await.expect(403);

    let again = root.send(&form).await.expect(409);
    assert!(!again.text.contains(&key), "a key is shown once");
    let list = root.see(&format!("{LIVE}/keys")).await;
    list.shows("ci").shows("webhooks:read").hides(&key);
    let ours = |form: &crate::browser::Form| form.action.ends_with("/revoke");
    let revoke = list.forms().into_iter().find(ours).unwrap();
    root.done(&revoke).await.shows("Revoked.");
    world.call_as(&key, Method::GET, "/v1/tenants", Value::Null).await.expect(401);
    root.send(&revoke).await.expect(409);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_a_tenant_is_made_from_the_tenant_s_page() {
    let world = world("standard").await;
    world.event("a.b", Value::Null).await;
    let root = Browser::root(&world).await;
    let tenant = root.see(&format!("{LIVE}/tenants/t1")).await;
    assert!(tenant.html().contains(&format!("{LIVE}/keys/new?tenant=t1")), "{}", tenant.html());
    let form = root.see(&format!("{LIVE}/keys/new?tenant=t1")).await.form(&format!("{LIVE}/keys/new"));
    assert_eq!((form.value("tenant"), form.value("mode")), (Some("t1"), Some("live")));
    let made = root.send(&form.and("scopes", "*")).await.expect(200);
    let key = copied(&made.text);
    world.call_as(&key, Method::GET, "/v1/tenants/t1/endpoints", Value::Null).await.expect(200);
    world.call_as(&key, Method::GET, "/v1/tenants/t2/endpoints", Value::Null).await.expect(404);
    let tenant = root.see(&format!("{LIVE}/tenants/t1")).await;
    assert!(tenant.forms().iter().any(|form| form.action.ends_with("/revoke")), "{}", tenant.html());
    root.see(&format!("{LIVE}/keys?tenant=t1")).await.shows("Keys of t1").shows(&key[..14]);
    root.see(&format!("{LIVE}/keys?tenant=t2")).await.shows("No API keys yet");
}

#[tokio::test(start_paused = true)]
async fn a_key_without_a_scope_is_refused_at_its_field() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    let form = root.see(&format!("{LIVE}/keys/new")).await.form(&format!("{LIVE}/keys/new"));
    let refused = root.send(&form.with("name", "none").with("tenant", "a b")).await.expect(422);
    assert!(refused.text.contains("A key needs at least one scope."), "{}", refused.text);
    assert!(refused.text.contains("<a href=\"#tenant\">Tenant</a>"), "{}", refused.text);
    assert!(refused.text.contains("value=\"none\""), "{}", refused.text);
}
