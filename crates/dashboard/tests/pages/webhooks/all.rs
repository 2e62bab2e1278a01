//! The list of a whole project, for operators.

use serde_json::json;

use crate::browser::Browser;
use crate::world;

#[tokio::test(start_paused = true)]
async fn an_operator_sees_all_tenants_webhooks_and_finds_those_that_fail() {
    let world = world("standard").await;
    world.endpoint(json!({"url": "https://a.example/bad", "name": "Broken"})).await;
    let other = json!({"url": "https://a.example/x", "name": "Fine"});
    world.post("/v1/tenants/t2/endpoints", other).await.expect(201);
    world
        .post(
            "/v1/tenants/t2/endpoints",
            json!({"url": "https://a.example/y", "name": "Off", "enabled": false}),
        )
        .await;
    world.receivers.answer("https://a.example/bad", 500, b"");
    world.event("a.b", json!({})).await;
    world.receivers.wait_for(1).await;
    world.pass(std::time::Duration::from_secs(1)).await;
    let operator = Browser::operator(&world, "sk_live_all").await;
    let base = "/dashboard/p/acme/live/webhooks";
    operator.see(base).await.shows("Broken").shows("Fine").shows("Off");
    operator.see(&format!("{base}?state=failing")).await.shows("Broken").hides("Fine").hides(">Off<");
    operator.see(&format!("{base}?state=disabled")).await.hides("Broken").shows("Off");
    operator
        .see(&format!("{base}?tenant=t2"))
        .await
        .hides("Broken")
        .shows("Fine")
        .shows("Create a webhook for t2");
    operator.see(base).await.hides("Create a webhook for");
    operator.see(&format!("{base}?tenant=t3")).await.shows("No such webhook");
    operator.see(&format!("{base}?tenant=%3Cscript%3E")).await.shows("No such webhook");
    let page = operator.see(base).await;
    assert!(page.html().contains("/dashboard/p/acme/live/tenants/t2/webhooks/"), "{}", page.html());
    // A customer's session is none here.
    let customer = Browser::customer(&world, "t1").await;
    customer.open(base).await.expect(303);
}

#[tokio::test(start_paused = true)]
async fn the_other_mode_has_webhooks_of_its_own() {
    let world = world("standard").await;
    world.endpoint(json!({"url": "https://a.example/x", "name": "Live only"})).await;
    let root = Browser::root(&world).await;
    root.see("/dashboard/p/acme/live/webhooks").await.shows("Live only");
    root.see("/dashboard/p/acme/test/webhooks").await.hides("Live only").shows("No webhooks yet");
}
