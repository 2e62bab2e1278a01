//! The catalogue, and the code that verifies what arrives.

use http::Method;
use postrider_model::id::Mode;
use serde_json::json;

use crate::browser::Browser;
use crate::world;

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
    page.shows("Receives the webhooks of Acme:")
        .shows("x-scopien-signature")
        .shows("receiver.mjs")
        .hides("Postrider");
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
