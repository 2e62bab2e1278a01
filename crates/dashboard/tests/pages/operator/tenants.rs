//! Tenants and their links.

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use super::LIVE;
use crate::browser::{Browser, location};
use crate::world;

#[tokio::test(start_paused = true)]
async fn a_tenant_is_found_by_its_id() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    root.see(&format!("{LIVE}/tenants")).await.shows("No tenants yet");
    world.endpoint(json!({"url": "https://a.example/hook"})).await;
    root.see(&format!("{LIVE}/tenants")).await.shows("t1");
    let opened = root.open(&format!("{LIVE}/tenants?id=+t1+")).await.expect(303);
    assert_eq!(location(&opened), format!("{LIVE}/tenants/t1"));
    root.see(&format!("{LIVE}/tenants?id=t2")).await.shows("There is no tenant t2 yet.");
    root.see(&format!("{LIVE}/tenants?id=a+b")).await.shows("cannot be a tenant's id");
    root.open(&format!("{LIVE}/tenants/t2")).await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn a_portal_link_is_shown_once_and_opens_the_tenant_s_portal() {
    let world = world("standard").await;
    let root = Browser::root(&world).await;
    let action = format!("{LIVE}/tenants/t1/portal-link");
    let form = root.see(&format!("{LIVE}/tenants?id=t1")).await.form(&action);
    let made = root.send(&form).await.expect(200);
    let link = made.text.split("data-copy=\"http://localhost").nth(1).unwrap().split('"').next().unwrap();
    assert!(link.starts_with("/portal/pl_"), "{link}");
    let again = root.send(&form).await.expect(409);
    assert!(!again.text.contains("pl_"), "a link is shown once");
    let customer = Browser::new(&world);
    assert_eq!(location(&customer.open(link).await.expect(303)), "/portal/webhooks");
    let audit = world.get("/v1/audit?action=portal.link").await.expect(200);
    assert_eq!(audit.json["data"][0]["actor"], "root");
}

#[tokio::test(start_paused = true)]
async fn a_tenant_is_deleted_only_when_its_id_is_typed() {
    let world = world("standard").await;
    world.endpoint(json!({"url": "https://a.example/hook"})).await;
    let root = Browser::root(&world).await;
    let action = format!("{LIVE}/tenants/t1/delete");
    let form = root.see(&format!("{LIVE}/tenants/t1")).await.form(&action);
    let refused = root.send(&form.clone().with("typed_id", "t2")).await.expect(422);
    assert!(refused.text.contains("This is not the id."), "{}", refused.text);
    world.get("/v1/tenants/t1").await.expect(200);
    root.done(&form.with("typed_id", "t1")).await.shows("Deleted.");
    world.get("/v1/tenants/t1").await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn what_a_key_may_not_do_with_a_tenant_is_not_offered_and_refused() {
    let world = world("standard").await;
    world.endpoint(json!({"url": "https://a.example/hook"})).await;
    world.key("sk_live_read", Mode::Live, None, &["webhooks:read"]).await;
    let all = Browser::operator(&world, "sk_live_all").await;
    let page = all.see(&format!("{LIVE}/tenants/t1")).await;
    let (delete, link) = (format!("{LIVE}/tenants/t1/delete"), format!("{LIVE}/tenants/t1/portal-link"));
    assert!(page.has_form(&delete) && page.has_form(&link));
    page.hides("/keys");

    let reader = Browser::operator(&world, "sk_live_read").await;
    let page = reader.see(&format!("{LIVE}/tenants/t1")).await;
    assert_eq!(page.forms().len(), 1, "only to sign out: {}", page.html());
    // Another session's form is not its own: neither are its rights.
    for action in [delete, link] {
        let form = all.see(&format!("{LIVE}/tenants/t1")).await.form(&action);
        reader.send(&form.with("typed_id", "t1")).await.expect(403);
    }
    world.call(Method::GET, "/v1/tenants/t1", Value::Null).await.expect(200);
}
